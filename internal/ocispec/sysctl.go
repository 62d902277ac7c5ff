package ocispec

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ipcSysctls are the settings that belong to an ipc namespace (ipc_namespaces(7)), beside those of fs.mqueue.
var ipcSysctls = []string{"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
	"kernel.shmmni", "kernel.shm_rmid_forced"}

// sysctls reads a list of KEY=VALUE; the last of two for one key wins. nil for none.
func sysctls(spec *specs.Spec, flags []string) (map[string]string, error) {
	if len(flags) == 0 {
		return nil, nil
	}
	set := make(map[string]string, len(flags))
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" {
			return nil, bad("--sysctl", flag, "write KEY=VALUE, such as net.ipv4.ip_forward=1")
		}
		if why := checkSysctl(spec, key); why != "" {
			return nil, bad("--sysctl", flag, why)
		}
		set[key] = value
	}
	return set, nil
}

// checkSysctl says why a setting cannot be the container's own, or "" when it can. Everything outside the namespaces would
// change the host.
func checkSysctl(spec *specs.Spec, key string) (why string) {
	for _, word := range strings.Split(key, ".") {
		// An empty word or a slash would lead to another file below /proc/sys.
		if !wordOf(word, "_-") {
			return "write the key with dots, such as net.ipv4.ip_forward"
		}
	}
	switch {
	case strings.HasPrefix(key, "net."):
		if namespace(spec, specs.NetworkNamespace) == nil {
			return "with the host's network this would be the host's setting"
		}
	case strings.HasPrefix(key, "fs.mqueue.") || slices.Contains(ipcSysctls, key):
		if namespace(spec, specs.IPCNamespace) == nil {
			return "with the host's ipc namespace this would be the host's setting"
		}
	case key == "kernel.hostname":
		return "give the name with --hostname"
	case key == "kernel.domainname":
		return "urun sets no NIS domain name from the command line"
	default:
		return "the setting belongs to the host, not to a namespace; there is net.*, fs.mqueue.*, kernel.sem, kernel.msg* and kernel.shm*"
	}
	return ""
}
