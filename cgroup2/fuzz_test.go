package cgroup2

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func FuzzParseSet(f *testing.F) {
	for _, s := range []string{"", "0", "0-2,7", "7,0,1,2", "8191", "8192", "2-1", "1,,2", "-", "0-8191,0-8191", " 1\n", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		set, err := ParseSet(list)
		if err != nil {
			return
		}
		if len(set) == 0 || !slices.IsSorted(set) || set[0] < 0 || set[len(set)-1] >= maxSet {
			t.Fatalf("%q is %v", list, set)
		}
		again, err := ParseSet(set.String())
		if err != nil || !slices.Equal(set, again) {
			t.Fatalf("%q is %q, which is %v, %v", list, set, again, err)
		}
		var back Set
		for i, b := range set.Bits() {
			for n := range 8 {
				if b>>n&1 == 1 {
					back = append(back, 8*i+n)
				}
			}
		}
		if !slices.Equal(set, back) {
			t.Fatalf("%q is %v, and its bits are %v", list, set, back)
		}
	})
}

// Whatever a bundle has, it is refused, or can be sent, compared and undone.
func FuzzUnified(f *testing.F) {
	for _, s := range [][3]string{
		{"memory.max", "1000", "max\n"}, {"memory.high", "1G", "1073741824\n"}, {"cpu.max", "max 100000", "max 100000\n"}, {"cpu.max", "50000", "50000 100000\n"},
		{"cpu.max", "1 0", "0 0"}, {"io.max", "8:0 rbps=1 wbps=max", "8:0 rbps=1 wbps=max riops=max wiops=max\n"}, {"io.weight", "50", "default 50\n"},
		{"io.weight", "8:0 default", "default 100\n"}, {"rdma.max", "mlx4_0 hca_handle=2", ""}, {"cpuset.cpus", "0-2,7", "0-2,7\n"}, {"pids.max", "\n \n", ""},
		{"cgroup.procs", "1", ""}, {"../x.y", "1", ""}, {".", "", ""}, {"a.b", "x\ny", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, file, value, content string) {
		settings, err := Plan(&specs.LinuxResources{Unified: map[string]string{file: value}})
		if err != nil {
			if settings != nil || !strings.HasPrefix(err.Error(), "linux.resources.unified: ") {
				t.Fatalf("%v, %v", settings, err)
			}
			return
		}
		defer func() { // one that panics would end all tests
			if r := recover(); r != nil {
				t.Errorf("%q=%q: panic: %v", file, value, r)
			}
		}()
		properties(settings)
		for _, s := range settings {
			if s.File != file || strings.ContainsAny(s.File, "/\x00\n") || strings.Contains(s.File, "..") && s.File[0] == '.' || s.Controller() == "cgroup" || strings.TrimSpace(s.Value) == "" {
				t.Fatalf("%q=%q gives %#v", file, value, s)
			}
			s.holds(content)
			s.undo(content)
		}
	})
}

func FuzzParseMounts(f *testing.F) {
	for _, s := range []string{
		"", "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
		`31 23 0:27 / /a\040b rw - cgroup2 none rw`, "35 30 0:31 / /c rw - cgroup cgroup rw,cpu,cpuacct,memory,memory\n", "- - - - - - cgroup2 - -", "1 2 3 4 5 - cgroup2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, mountinfo string) {
		h, err := parseMounts(strings.NewReader(mountinfo))
		if err != nil {
			return
		}
		if !slices.IsSorted(h.V1) || len(slices.Compact(slices.Clone(h.V1))) != len(h.V1) || h.NSDelegate && h.Mount == "" {
			t.Fatalf("%q gives %+v", mountinfo, h)
		}
	})
}

// Users mount where they like (fusermount3(1)). The name of their directory tells nothing of cgroups.
func FuzzNamesOfMountPoints(f *testing.F) {
	for _, s := range []string{"/a b", "/a\n31 23 0:27 / /x rw - cgroup2 x rw", "/a - cgroup2 x rw", "/a\r-\rcgroup\rx\rmemory", "/a\u00a0-\u00a0cgroup2\u00a0x\u00a0rw", `/a\040-\040cgroup\040x\040pids`, "/\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if !strings.HasPrefix(path, "/") {
			return
		}
		escaped := strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(path)
		h, err := parseMounts(strings.NewReader("40 23 0:50 / " + escaped + " rw,nosuid,nodev shared:3 - fuse.x x rw,user_id=1000\n"))
		if err != nil || h.Mount != "" || h.V1 != nil {
			t.Fatalf("%q is taken for %+v, %v", path, h, err)
		}
		h, err = parseMounts(strings.NewReader("40 23 0:50 / " + escaped + " rw - cgroup2 none rw,nsdelegate\n"))
		if err != nil || h.Mount != path || !h.NSDelegate {
			t.Fatalf("%q is read as %+v, %v", path, h, err)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"", "/", "//", "web", "/a/b/web", "a/web/", "work.slice:urun:web", ":urun:web", "::", "a:b", "/a:b:c", ".", "..", "/../x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		parent, name, slice := ParsePath(path)
		if slice != (strings.Count(path, ":") == 2) {
			t.Fatalf("%q: slice %v", path, slice)
		}
		if !slice && strings.Contains(name, "/") || len(parent)+len(name) > len(path)+1 {
			t.Fatalf("%q gives %q, %q", path, parent, name)
		}
	})
}
