package ocispec

import (
	"slices"
	"strconv"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestDefaultsOfARootfs(t *testing.T) {
	spec, extra := mustSpec(t, &Flags{}, here())
	if extra.Userns != "auto" || !extra.Init || extra.HostRoot || spec.Process.Cwd != "/" || !spec.Process.NoNewPrivileges || len(spec.Linux.Namespaces) != 7 {
		t.Errorf("got %+v, %+v", extra, spec.Process)
	}
	// fs.protected_regular makes "> /dev/null" fail in a sticky directory that others may write.
	for _, m := range spec.Mounts {
		if m.Destination == "/dev" && !slices.Contains(m.Options, "mode=755") {
			t.Errorf("/dev: %v", m.Options)
		}
	}
}

func BenchmarkSpec(b *testing.B) {
	for _, volumes := range []int{0, 10, 1000} {
		b.Run(strconv.Itoa(volumes), func(b *testing.B) {
			f := &Flags{}
			for i := range volumes {
				f.Volume = append(f.Volume, "/srv/data:/data/"+strconv.Itoa(i)+":ro")
			}
			maps := []specs.LinuxIDMapping{{Size: 65536}}
			for b.Loop() {
				spec, extra, err := FromFlags(f, here())
				if err == nil {
					err = Finalize(spec, Facts{UIDMappings: maps, GIDMappings: maps, Extra: extra})
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
