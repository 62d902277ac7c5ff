package ocispec

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func ids(maps ...uint32) []specs.LinuxIDMapping {
	var list []specs.LinuxIDMapping
	for i := 0; i < len(maps); i += 3 {
		list = append(list, specs.LinuxIDMapping{ContainerID: maps[i], HostID: maps[i+1], Size: maps[i+2]})
	}
	return list
}

// bundle is a config.json with everything that urun needs.
func bundle() *specs.Spec {
	return &specs.Spec{
		Version:  "1.0.2",
		Root:     &specs.Root{Path: "rootfs"},
		Process:  &specs.Process{Args: []string{"sh"}, Cwd: "/"},
		Hostname: "x",
		Mounts:   defaultMounts(&specs.Spec{Linux: &specs.Linux{Namespaces: defaultNamespaces()}}, defaultShmSize),
		Linux:    &specs.Linux{Namespaces: defaultNamespaces(), UIDMappings: ids(0, 1000, 1), GIDMappings: ids(0, 1000, 1)},
	}
}

func TestBundleIsCompleted(t *testing.T) {
	spec := bundle()
	spec.Process.Cwd, spec.Version = "", ""
	if err := Finalize(spec, Facts{Bundle: "/b", Home: "/root"}); err != nil {
		t.Fatal(err)
	}
	if spec.Root.Path != "/b/rootfs" || spec.Process.Cwd != "/" || spec.Version != SpecVersion || !slices.Equal(spec.Process.Env, []string{"HOME=/root"}) {
		t.Errorf("got %+v %+v", spec.Root, spec.Process)
	}
}

func TestWrongSpecificationsAreRefused(t *testing.T) {
	low := -1001
	mask := uint32(0o1000)
	process := func(change func(*specs.Process)) func(*specs.Spec) { return func(s *specs.Spec) { change(s.Process) } }
	drop := func(kind specs.LinuxNamespaceType) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*specs.Spec)
		want   string
	}{
		{"version", func(s *specs.Spec) { s.Version = "2.0.0" }, "ociVersion"},
		{"no root", func(s *specs.Spec) { s.Root = nil }, "root.path"},
		{"no process", func(s *specs.Spec) { s.Process = nil }, "process is missing"},
		{"no args", process(func(p *specs.Process) { p.Args = nil }), "no command"},
		{"empty program", process(func(p *specs.Process) { p.Args = []string{""} }), "process.args"},
		{"NUL in argument", process(func(p *specs.Process) { p.Args = []string{"a", "b\x00"} }), "process.args"},
		{"cwd", process(func(p *specs.Process) { p.Cwd = "x" }), "process.cwd"},
		{"env without =", process(func(p *specs.Process) { p.Env = []string{"A"} }), "process.env"},
		{"env without name", process(func(p *specs.Process) { p.Env = []string{"=A"} }), "process.env"},
		{"env NUL", process(func(p *specs.Process) { p.Env = []string{"A=\x00"} }), "process.env"},
		{"oom", process(func(p *specs.Process) { p.OOMScoreAdj = &low }), "oomScoreAdj"},
		{"umask", process(func(p *specs.Process) { p.User.Umask = &mask }), "umask"},
		{"no such id", process(func(p *specs.Process) { p.User.UID = math.MaxUint32 }), "4294967295"},
		{"user not mapped", process(func(p *specs.Process) { p.User.UID = 7 }), "user 7 does not exist inside, where the ids are 0:"},
		{"group not mapped", process(func(p *specs.Process) { p.User.GID = 7 }), "group 7"},
		{"other group not mapped", process(func(p *specs.Process) { p.User.AdditionalGids = []uint32{0, 7} }), "group 7"},
		{"rlimit", process(func(p *specs.Process) { p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_X"}} }), "RLIMIT_X"},
		{"rlimit case", process(func(p *specs.Process) { p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_nofile"}} }), "RLIMIT_nofile"},
		{"rlimit twice", process(func(p *specs.Process) { p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}, {Type: "RLIMIT_CORE"}} }), "twice"},
		{"rlimit order", process(func(p *specs.Process) { p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_CORE", Soft: 1}} }), "above"},
		{"cap", process(func(p *specs.Process) { p.Capabilities = &specs.LinuxCapabilities{Bounding: []string{"chown"}} }), "capabilities.bounding"},
		{"cap effective", process(func(p *specs.Process) { p.Capabilities = &specs.LinuxCapabilities{Effective: []string{"CAP_KILL"}} }), "not permitted"},
		{"cap ambient", process(func(p *specs.Process) {
			p.Capabilities = &specs.LinuxCapabilities{Permitted: []string{"CAP_KILL"}, Ambient: []string{"CAP_KILL"}}
		}), "not inheritable"},
		{"namespace twice", func(s *specs.Spec) { s.Linux.Namespaces = append(s.Linux.Namespaces, s.Linux.Namespaces[0]) }, "twice"},
		{"namespace unknown", func(s *specs.Spec) { s.Linux.Namespaces[0].Type = "x" }, "no such namespace"},
		{"time namespace", func(s *specs.Spec) {
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace})
		}, "time"},
		{"namespace path", func(s *specs.Spec) { s.Linux.Namespaces[2].Path = "proc/1/ns/pid" }, "absolute"},
		{"mount namespace joined", func(s *specs.Spec) { s.Linux.Namespaces[1].Path = "/proc/1/ns/mnt" }, "joins none"},
		{"no mount namespace", drop(specs.MountNamespace), "mounts would be the host's"},
		{"maps without namespace", drop(specs.UserNamespace), "linux.namespaces has none"},
		{"namespace without maps", func(s *specs.Spec) { s.Linux.GIDMappings = nil }, "needs both"},
		{"hostname without namespace", drop(specs.UTSNamespace), "hostname"},
		{"hostname long", func(s *specs.Spec) { s.Hostname = strings.Repeat("x", 65) }, "64 bytes"},
		{"domainname NUL", func(s *specs.Spec) { s.Domainname = "a\x00" }, "domainname"},
		{"mount destination", func(s *specs.Spec) { s.Mounts[0].Destination = "proc" }, "mounts.destination"},
		{"mount dots", func(s *specs.Spec) { s.Mounts[0].Destination = "/a/../../b" }, "without .."},
		{"mount NUL", func(s *specs.Spec) { s.Mounts[0].Options = []string{"a\x00"} }, "NUL"},
		{"masked path", func(s *specs.Spec) { s.Linux.MaskedPaths = []string{"proc/kcore"} }, "maskedPaths"},
		{"read-only path", func(s *specs.Spec) { s.Linux.ReadonlyPaths = []string{""} }, "readonlyPaths"},
		{"propagation", func(s *specs.Spec) { s.Linux.RootfsPropagation = "shared" }, "private"},
		{"device type", func(s *specs.Spec) { s.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "z"}} }, "devices.type"},
		{"device path", func(s *specs.Spec) { s.Linux.Devices = []specs.LinuxDevice{{Path: "dev/x", Type: "c"}} }, "devices.path"},
		{"device number", func(s *specs.Spec) { s.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "c", Minor: -1}} }, "not negative"},
		{"sysctl", func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"vm.swappiness": "1"} }, "belongs to the host"},
		{"sysctl path", func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"net.../x": "1"} }, "with dots"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := bundle()
			tt.change(spec)
			err := Finalize(spec, Facts{Bundle: "/b"})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestRelativeRootNeedsABundle(t *testing.T) {
	if err := Finalize(bundle(), Facts{}); err == nil || !strings.Contains(err.Error(), "bundle") {
		t.Errorf("got %v", err)
	}
}

// A joined user namespace has its maps already, and none may be written.
func TestJoinedUserNamespaceKeepsItsMounts(t *testing.T) {
	spec := bundle()
	spec.Linux.Namespaces[0].Path = "/proc/7/ns/user"
	spec.Linux.UIDMappings, spec.Linux.GIDMappings = nil, nil
	if err := Finalize(spec, Facts{Bundle: "/b", UIDMappings: ids(0, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	for _, m := range spec.Mounts {
		if m.Type == "tmpfs" && slices.Contains(m.Options, "uid=0") {
			t.Errorf("%s: %v", m.Destination, m.Options)
		}
	}
	if spec.Linux.UIDMappings != nil {
		t.Error("maps for a namespace that is joined")
	}
}

func TestMountsFitTheMaps(t *testing.T) {
	for _, tt := range []struct {
		name string
		maps []specs.LinuxIDMapping
		user specs.User
		tty  bool   // whether group 5 is there
		own  string // whose a tmpfs is
	}{
		{"one id", ids(0, 1000, 1), specs.User{}, false, "uid=0,gid=0"},
		{"full range", ids(0, 1000, 1, 1, 100000, 65536), specs.User{UID: 7, GID: 8}, true, "uid=0,gid=0"},
		{"keep-id with one id", ids(1000, 1000, 1), specs.User{UID: 1000, GID: 1000}, false, "uid=1000,gid=1000"},
		{"range that ends before 5", ids(0, 1000, 5), specs.User{}, false, "uid=0,gid=0"},
		{"range that ends at 5", ids(0, 1000, 6), specs.User{}, true, "uid=0,gid=0"},
		{"the last id", ids(0, 1000, 1, math.MaxUint32-1, 7, 1), specs.User{UID: math.MaxUint32 - 1}, false, "uid=0,gid=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec, extra := mustSpec(t, &Flags{FileFlags: FileFlags{Tmpfs: []string{"/own:uid=0", "/tmp"}}}, here())
			if tt.maps[0].ContainerID != 0 {
				spec.Mounts = slices.DeleteFunc(spec.Mounts, func(m specs.Mount) bool { return m.Destination == "/own" })
			}
			if err := Finalize(spec, Facts{UIDMappings: tt.maps, GIDMappings: tt.maps, User: tt.user, Extra: extra}); err != nil {
				t.Fatal(err)
			}
			for _, m := range spec.Mounts {
				options := "," + strings.Join(m.Options, ",") + ","
				switch {
				case m.Type == "devpts" && strings.Contains(options, ",gid=5,") != tt.tty:
					t.Errorf("%s: %s", m.Destination, options)
				case m.Destination == "/own" && strings.Count(options, ",uid=") != 1:
					t.Errorf("%s: %s", m.Destination, options)
				case m.Type == "tmpfs" && m.Destination != "/own" && !strings.HasSuffix(options, ","+tt.own+","):
					t.Errorf("%s: %s", m.Destination, options)
				}
			}
		})
	}
}

func TestCapabilitiesOfAUserWhoIsNotRoot(t *testing.T) {
	maps := ids(0, 1000, 1, 1, 100000, 65536)
	spec, extra := mustSpec(t, &Flags{SecurityFlags: SecurityFlags{CapAdd: []string{"kill", "net_raw"}}}, here())
	if err := Finalize(spec, Facts{UIDMappings: maps, GIDMappings: maps, User: specs.User{UID: 5}, Extra: extra}); err != nil {
		t.Fatal(err)
	}
	c := spec.Process.Capabilities
	want := []string{"CAP_KILL", "CAP_NET_RAW"}
	for _, set := range [][]string{c.Effective, c.Permitted, c.Inheritable, c.Ambient} {
		if !slices.Equal(set, want) {
			t.Errorf("got %v, want %v", set, want)
		}
	}
	if len(c.Bounding) != len(defaultCaps)+1 {
		t.Errorf("bounding: %v", c.Bounding)
	}

	spec, extra = mustSpec(t, &Flags{}, here())
	if err := Finalize(spec, Facts{UIDMappings: maps, GIDMappings: maps, User: specs.User{UID: 5}, Extra: extra}); err != nil {
		t.Fatal(err)
	}
	if c = spec.Process.Capabilities; len(c.Effective)+len(c.Permitted)+len(c.Inheritable)+len(c.Ambient) > 0 {
		t.Errorf("a user has %+v", c)
	}

	spec, extra = mustSpec(t, &Flags{}, here())
	if err := Finalize(spec, Facts{UIDMappings: maps, GIDMappings: maps, Extra: extra}); err != nil {
		t.Fatal(err)
	}
	if c = spec.Process.Capabilities; !slices.Equal(c.Effective, defaultCaps) || len(c.Inheritable)+len(c.Ambient) > 0 {
		t.Errorf("root has %+v", c)
	}
}

func TestShellIsTheDefaultCommand(t *testing.T) {
	for shell, want := range map[string]string{"/bin/ash": "/bin/ash", "": "/bin/sh"} {
		in := here()
		in.Command = nil
		spec, extra := mustSpec(t, &Flags{}, in)
		maps := ids(0, 1000, 1)
		if err := Finalize(spec, Facts{UIDMappings: maps, GIDMappings: maps, Shell: shell, Extra: extra}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(spec.Process.Args, []string{want}) {
			t.Errorf("got %q, want %q", spec.Process.Args, want)
		}
	}
}
