package ocispec

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Keeps away: a container that root started could write /proc/sys/kernel/core_pattern of the host.
func TestTheHostsRootIsKeptFromProcSys(t *testing.T) {
	root := &specs.Linux{UIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 4294967295}}}
	protect(root)
	if len(root.MaskedPaths) == 0 || len(root.ReadonlyPaths) == 0 {
		t.Error("nothing is masked although the host's root is mapped")
	}
	user := &specs.Linux{UIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}}
	protect(user)
	if user.MaskedPaths != nil || user.ReadonlyPaths != nil {
		t.Error("a start by a user pays for masks that it does not need")
	}
}
