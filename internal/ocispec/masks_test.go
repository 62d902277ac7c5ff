package ocispec

import (
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Keeps away: a container that root started could write /proc/sys/kernel/core_pattern of the host, if only it is nested.
func TestTheHostsRootIsKeptFromProcSys(t *testing.T) {
	root := &specs.Linux{UIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 4294967295}}}
	protect(root, root.UIDMappings)
	if len(root.MaskedPaths) == 0 || len(root.ReadonlyPaths) == 0 {
		t.Error("nothing is masked although the host's root is mapped")
	}
	for name, l := range map[string]*specs.Linux{
		"a part was opened": {MaskedPaths: maskedPaths, ReadonlyPaths: []string{"/proc/bus"}},
		"one was added":     {MaskedPaths: []string{"/etc/a"}},
	} {
		protect(l, root.UIDMappings)
		if !slices.Contains(l.ReadonlyPaths, "/proc/sys") || !slices.Contains(l.MaskedPaths, "/proc/kcore") {
			t.Errorf("%s: hidden %v, read-only %v", name, l.MaskedPaths, l.ReadonlyPaths)
		}
	}
	user := &specs.Linux{UIDMappings: []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}}
	protect(user, user.UIDMappings)
	if user.MaskedPaths != nil || user.ReadonlyPaths != nil {
		t.Error("what a user asked not to mask is masked")
	}
}

func TestWhatIsMasked(t *testing.T) {
	without := func(list []string, gone ...string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(p string) bool { return slices.Contains(gone, p) })
	}
	for name, tt := range map[string]struct {
		flags            SecurityFlags
		masked, readonly []string
	}{
		"by default": {SecurityFlags{}, maskedPaths, readonlyPaths},
		"nested":     {SecurityFlags{Nested: true}, nil, nil},
		"all":        {SecurityFlags{SecurityOpt: []string{"unmask=ALL"}}, nil, nil},
		"one each":   {SecurityFlags{SecurityOpt: []string{"unmask=/proc/keys:/proc/sys"}}, without(maskedPaths, "/proc/keys"), without(readonlyPaths, "/proc/sys")},
		"a pattern":  {SecurityFlags{SecurityOpt: []string{"unmask=/proc/*"}}, []string{"/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux"}, []string{}},
		"more":       {SecurityFlags{SecurityOpt: []string{"mask=/proc/cpuinfo:/sys/kernel/"}}, append(slices.Clone(maskedPaths), "/proc/cpuinfo", "/sys/kernel"), readonlyPaths},
		"one again":  {SecurityFlags{SecurityOpt: []string{"unmask=all", "mask=/proc/keys"}}, []string{"/proc/keys"}, nil},
	} {
		spec, _ := mustSpec(t, &Flags{SecurityFlags: tt.flags}, here())
		if !slices.Equal(spec.Linux.MaskedPaths, tt.masked) || !slices.Equal(spec.Linux.ReadonlyPaths, tt.readonly) {
			t.Errorf("%s: masked %v, read-only %v", name, spec.Linux.MaskedPaths, spec.Linux.ReadonlyPaths)
		}
	}
	if len(maskedPaths) < 14 || len(readonlyPaths) < 5 {
		t.Error("podman hides more")
	}
}

// Keeps away: a core dump of a process inside, with its memory, in a place of the host's.
func TestThereAreNoCoreDumps(t *testing.T) {
	spec, _ := mustSpec(t, &Flags{}, here())
	if want := []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}}; !slices.Equal(spec.Process.Rlimits, want) {
		t.Errorf("limits: %+v", spec.Process.Rlimits)
	}
	spec, _ = mustSpec(t, &Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"core=5:7"}}}, here())
	if want := []specs.POSIXRlimit{{Type: "RLIMIT_CORE", Soft: 5, Hard: 7}}; !slices.Equal(spec.Process.Rlimits, want) {
		t.Errorf("limits that were asked for: %+v", spec.Process.Rlimits)
	}
}

// Keeps away CVE-2022-24769: an inheritable capability comes back with a file capability of the rootfs's.
func TestNothingIsInheritableThatIsNotAmbient(t *testing.T) {
	spec := &specs.Spec{
		Root: &specs.Root{Path: "/srv"}, Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.MountNamespace}}},
		Process: &specs.Process{Args: []string{"true"}, Capabilities: &specs.LinuxCapabilities{
			Bounding: []string{"CAP_KILL", "CAP_CHOWN"}, Permitted: []string{"CAP_KILL", "CAP_CHOWN"}, Effective: []string{"CAP_KILL"},
			Inheritable: []string{"CAP_KILL", "CAP_CHOWN"}, Ambient: []string{"CAP_KILL"}}},
	}
	if err := Finalize(spec, Facts{}); err != nil {
		t.Fatal(err)
	}
	if got := spec.Process.Capabilities.Inheritable; !slices.Equal(got, []string{"CAP_KILL"}) {
		t.Errorf("inheritable: %v", got)
	}
}

// Keeps away: the third of containers in containers had no /proc of its own, because the second was masked as the machine's root is.
func TestAContainersRootIsNotTheHosts(t *testing.T) {
	for _, other := range []bool{false, true} {
		spec, extra := mustSpec(t, &Flags{SecurityFlags: SecurityFlags{Nested: true}}, here())
		one := []specs.LinuxIDMapping{{HostID: 0, Size: 1}}
		if err := Finalize(spec, Facts{UIDMappings: one, GIDMappings: one, Extra: extra, OtherRoot: other}); err != nil {
			t.Fatal(err)
		}
		if masked := spec.Linux.ReadonlyPaths != nil; masked == other {
			t.Errorf("a container's root: %v; masked: %v", other, masked)
		}
	}
}
