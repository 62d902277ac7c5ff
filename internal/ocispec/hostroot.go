package ocispec

import (
	"path"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// freshMounts are the directories of the host's root that hold sockets, and what is empty in a container in any case. Read-only is
// not enough: whoever can name a socket can connect to it, and a user bus or an agent's socket leads out.
func (b *build) freshMounts() []specs.Mount {
	isDir := b.in.IsDir
	if isDir == nil {
		isDir = func(string) bool { return true }
	}
	var mounts []specs.Mount
	fresh := func(dir, mode string) {
		if isDir(dir) {
			mounts = append(mounts, specs.Mount{Destination: dir, Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "mode=" + mode}})
		}
	}
	fresh("/run", "755")
	fresh("/tmp", "1777")
	fresh("/var/tmp", "1777")
	if dir := b.runtimeDir(); dir != "" {
		fresh(dir, "700")
		b.extra.RuntimeDir = dir
	}
	return mounts
}

// runtimeDir is the caller's XDG_RUNTIME_DIR where no other fresh directory covers it.
func (b *build) runtimeDir() string {
	dir, _ := lookup(b.in.Environ, "XDG_RUNTIME_DIR")
	if !strings.HasPrefix(dir, "/") {
		return ""
	}
	dir = path.Clean(dir)
	for _, covered := range []string{"/run", "/var/run", "/tmp", "/var/tmp", "/dev/shm"} {
		if dir == covered || strings.HasPrefix(dir, covered+"/") {
			return ""
		}
	}
	// The root cannot be covered, and a directory of the system would take programs away.
	if dir == "/" || dir == b.in.Cwd || strings.HasPrefix(b.in.Cwd, dir+"/") {
		return ""
	}
	return dir
}

// leadsOut tells whether a variable names a socket of the host that a process inside must not learn of.
func leadsOut(name string) bool {
	return strings.HasSuffix(name, "_SOCK") || strings.HasPrefix(name, "DBUS_") || name == "XDG_RUNTIME_DIR" || name == "GPG_AGENT_INFO"
}
