package ocispec

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Whatever a config.json has, it is refused in one plain line, or it is complete, nothing in it is the host's, and it has all
// that it had.
func FuzzFinalize(f *testing.F) {
	const (
		head = `{"ociVersion":"1.2.0","root":{"path":"rootfs"},"process":{"cwd":"/","args":["sh"]`
		ns   = `},"linux":{"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"user"}]`
	)
	for _, s := range []string{
		`{}`, `null`, head + ns + `}}`, head + `,"user":{"uid":1000,"gid":4294967295}` + ns + `}}`, head + `,"user":{"uid":70000}` + ns + `}}`, head + `,"rlimits":[{"type":"RLIMIT_NOFILE","soft":2,"hard":1}]` + ns + `}}`,
		head + `,"capabilities":{"effective":["CAP_CHOWN"],"permitted":[]}` + ns + `}}`, head + `,"env":["A","=1","A\u0000=1"]` + ns + `}}`, head + ns + `,"seccomp":{}}}`, head + ns + `,"sysctl":{"kernel.core_pattern":"|/x","net.a/../b":"1"}}}`,
		head + ns + `,"maskedPaths":["../x"],"readonlyPaths":[""]}}`, head + ns + `},"mounts":[{"destination":"/a/../..","type":"bind","source":"/"}]}`, head + ns + `},"mounts":[{"destination":"/dev/pts","type":"devpts","options":["gid=5"]}]}`,
		head + `},"linux":{"namespaces":[{"type":"user","path":"/proc/1/ns/user"}]}}`, head + ns + `,"devices":[{"path":"/dev/x","type":"c","major":-1}]}}`, head + ns + `},"hooks":{"prestart":[{"path":"/x"}]}}`, head + ns + `},"hostname":"a\nb"}`,
		head + ns + `,"rootfsPropagation":"shared"}}`, head + `,"oomScoreAdj":-1001` + ns + `}}`, head + ns + `,"netDevices":{"eth0":{}}}}`, `{"ociVersion":"2\u001b","root":{"path":"/"},"process":{"args":["x"]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		var spec, before specs.Spec
		if json.Unmarshal(config, &spec) != nil || json.Unmarshal(config, &before) != nil {
			return
		}
		maps := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}
		if err := Finalize(&spec, Facts{UIDMappings: maps, GIDMappings: maps, Home: "/root", Bundle: "/bundle"}); err != nil {
			if s := err.Error(); s == "" || strings.ContainsAny(s, "\n\r\x1b\x00") {
				t.Fatalf("%s: %q is not one plain line", config, s)
			}
			return
		}
		p := spec.Process
		if len(p.Args) == 0 || !path.IsAbs(p.Cwd) || !path.IsAbs(spec.Root.Path) || namespace(&spec, specs.MountNamespace) == nil || p.User.UID == 1<<32-1 || p.User.GID == 1<<32-1 {
			t.Fatalf("%s: %+v", config, spec)
		}
		if ns := namespace(&spec, specs.UserNamespace); ns != nil && ns.Path == "" && (!mapped(p.User.UID, spec.Linux.UIDMappings) || !mapped(p.User.GID, spec.Linux.GIDMappings)) {
			t.Fatalf("%s: the user %d:%d does not exist inside", config, p.User.UID, p.User.GID)
		}
		for _, m := range spec.Mounts {
			if !path.IsAbs(m.Destination) || slices.Contains(strings.Split(m.Destination, "/"), "..") || slices.ContainsFunc(m.Options, func(s string) bool { return strings.Contains(s, "\x00") }) {
				t.Fatalf("%s: %+v", config, m)
			}
		}
		for key := range spec.Linux.Sysctl {
			if strings.ContainsAny(key, "/\x00") || strings.Contains(key, "..") || strings.HasPrefix(key, "net.") && namespace(&spec, specs.NetworkNamespace) == nil {
				t.Fatalf("%s: the setting %q", config, key)
			}
		}
		// What protects or limits is as it was asked for.
		if c := before.Process.Capabilities; c != nil { // what is inheritable and not ambient is left out
			c.Inheritable = slices.DeleteFunc(c.Inheritable, func(name string) bool { return !slices.Contains(c.Ambient, name) })
		}
		if c := before.Process; !reflect.DeepEqual(c.Capabilities, p.Capabilities) || !reflect.DeepEqual(c.Rlimits, p.Rlimits) || c.NoNewPrivileges != p.NoNewPrivileges || before.Root.Readonly != spec.Root.Readonly {
			t.Fatalf("%s: %+v became %+v", config, c, p)
		}
		if l := before.Linux; l != nil && (!reflect.DeepEqual(l.MaskedPaths, spec.Linux.MaskedPaths) || !reflect.DeepEqual(l.ReadonlyPaths, spec.Linux.ReadonlyPaths) ||
			!reflect.DeepEqual(l.Resources, spec.Linux.Resources) || !reflect.DeepEqual(l.Namespaces, spec.Linux.Namespaces) || !reflect.DeepEqual(l.Seccomp, spec.Linux.Seccomp)) {
			t.Fatalf("%s: %+v became %+v", config, l, spec.Linux)
		}
		// It is a specification that is complete already.
		b, err := json.Marshal(spec)
		var again specs.Spec
		if err != nil || json.Unmarshal(b, &again) != nil || Finalize(&again, Facts{UIDMappings: maps, GIDMappings: maps}) != nil {
			t.Fatalf("%s: became %s, which is refused", config, b)
		}
		if twice, _ := json.Marshal(again); string(twice) != string(b) {
			t.Fatalf("%s: became %s, and that %s", config, b, twice)
		}
	})
}
