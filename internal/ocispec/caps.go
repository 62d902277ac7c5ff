package ocispec

import (
	"slices"
	"strings"
)

// allCaps are the capabilities of capabilities(7) in the order of their numbers. The last came with Linux 5.9.
var allCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
	"CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
	"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
	"CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
	"CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// defaultCaps are podman's. CAP_SYS_ADMIN must not be among them: with it container root remounts a read-only root.
var defaultCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_SETFCAP",
}

// mergeCaps gives the set that remains, in the order of the kernel's numbers. As with podman ALL in one list yields to names
// in the other, and a name in both is a contradiction.
func mergeCaps(add, drop []string) ([]string, error) {
	added, addAll, err := capNames("--cap-add", add)
	if err != nil {
		return nil, err
	}
	dropped, dropAll, err := capNames("--cap-drop", drop)
	if err != nil {
		return nil, err
	}
	base := defaultCaps
	switch {
	case addAll && dropAll:
		return nil, bad("--cap-add", "ALL", "--cap-drop ALL takes the same away; give one of them")
	case addAll:
		base = allCaps
	case dropAll:
		base = nil
	}
	for _, name := range added {
		if slices.Contains(dropped, name) {
			return nil, bad("--cap-add", name, "--cap-drop takes the same away; give one of them")
		}
	}
	var set []string
	for _, name := range allCaps {
		if slices.Contains(added, name) || (slices.Contains(base, name) && !slices.Contains(dropped, name)) {
			set = append(set, name)
		}
	}
	return set, nil
}

// addedCaps are those of the set that --cap-add asked for.
func addedCaps(add, set []string) ([]string, error) {
	added, all, err := capNames("--cap-add", add)
	if all {
		return slices.Clone(set), err
	}
	var names []string
	for _, name := range set {
		if slices.Contains(added, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// capNames reads names with or without CAP_, in any case, several in one value where commas part them.
func capNames(flag string, list []string) (names []string, all bool, err error) {
	for _, s := range strings.Split(strings.Join(list, ","), ",") {
		if s == "" && len(list) == 0 {
			break
		}
		name := strings.ToUpper(s)
		if name == "ALL" {
			all = true
			continue
		}
		if !strings.HasPrefix(name, "CAP_") {
			name = "CAP_" + name
		}
		if !slices.Contains(allCaps, name) {
			return nil, false, bad(flag, s, "no such capability; capabilities(7) lists them, ALL stands for all of them")
		}
		names = append(names, name)
	}
	return names, all, nil
}

// Capabilities are the names that --cap-add and --cap-drop take, without CAP_.
func Capabilities() []string {
	names := []string{"ALL"}
	for _, name := range allCaps {
		names = append(names, strings.TrimPrefix(name, "CAP_"))
	}
	return names
}
