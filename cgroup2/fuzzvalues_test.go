package cgroup2

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

var fileOfACgroup = regexp.MustCompile(`^[^./\x00\n]+\.[^/\x00\n]+$`)

// A limit that a bundle asks for is among the settings, or an error says which field it was.
func FuzzPlan(f *testing.F) {
	for _, s := range []string{
		`{"memory":{"limit":1048576,"swap":2097152,"reservation":-1}}`, `{"cpu":{"shares":1024,"quota":50000,"period":100000,"burst":1,"idle":1,"cpus":"0-2","mems":"0"}}`, `{"pids":{"limit":0}}`,
		`{"blockIO":{"weight":500,"weightDevice":[{"major":8,"minor":0,"weight":10}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]}}`, `{"hugepageLimits":[{"pageSize":"2MB","limit":0}]}`,
		`{"hugepageLimits":[{"pageSize":"2MB/../../x","limit":0}]}`, `{"hugepageLimits":[{"pageSize":"","limit":1}]}`, `{"rdma":{"mlx4_0":{"hcaHandles":2,"hcaObjects":3},"a b":{"hcaHandles":1},"none":{}}}`,
		`{"unified":{"memory.high":"1","io.weight":"50","pids.max":"1\n2"}}`, `{"memory":{"swap":5}}`, `{"cpu":{"quota":-1,"period":0}}`, `{"pids":{"limit":9223372036854775807}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r specs.LinuxResources
		if json.Unmarshal(b, &r) != nil {
			return
		}
		settings, err := Plan(&r)
		if err != nil {
			if settings != nil || !strings.HasPrefix(err.Error(), "linux.resources.") || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%s: %v, %v", b, settings, err)
			}
			return
		}
		has := map[string]int{}
		for _, s := range settings {
			if !fileOfACgroup.MatchString(s.File) || strings.Contains(s.Value, "\n") || strings.TrimSpace(s.Value) != s.Value || s.Value == "" {
				t.Fatalf("%s: %#v", b, s)
			}
			has[s.File]++
		}
		for file, n := range asked(&r) {
			if _, own := r.Unified[file]; has[file] < n && !own {
				t.Fatalf("%s asks for %s %d times, and there is %v", b, file, n, settings)
			}
		}
	})
}

// asked are the files that stand for the fields of r that ask for something.
func asked(r *specs.LinuxResources) map[string]int {
	files := map[string]int{}
	want := func(file string, yes bool) {
		if yes {
			files[file]++
		}
	}
	if m := r.Memory; m != nil {
		want("memory.max", value(m.Limit) != 0)
		want("memory.low", value(m.Reservation) != 0)
		want("memory.swap.max", value(m.Swap) != 0)
	}
	if c := r.CPU; c != nil {
		want("cpu.weight", value(c.Shares) != 0)
		want("cpu.max", c.Quota != nil || c.Period != nil)
		want("cpu.max.burst", c.Burst != nil)
		want("cpu.idle", c.Idle != nil)
		want("cpuset.cpus", c.Cpus != "")
		want("cpuset.mems", c.Mems != "")
	}
	want("pids.max", r.Pids != nil && r.Pids.Limit != nil)
	if b := r.BlockIO; b != nil {
		want("io.weight", value(b.Weight) != 0)
		for _, d := range b.WeightDevice {
			want("io.weight", d.Weight != nil)
		}
		for _, list := range [][]specs.LinuxThrottleDevice{b.ThrottleReadBpsDevice, b.ThrottleWriteBpsDevice, b.ThrottleReadIOPSDevice, b.ThrottleWriteIOPSDevice} {
			files["io.max"] += len(list)
		}
	}
	for _, h := range r.HugepageLimits {
		want("hugetlb."+h.Pagesize+".max", true)
	}
	for _, d := range r.Rdma {
		want("rdma.max", d.HcaHandles != nil || d.HcaObjects != nil)
	}
	return files
}

// A counter is the number behind its own name, not behind one that begins or ends like it.
func FuzzCounters(f *testing.F) {
	for _, s := range []string{"usage_usec 5\nuser_usec 6\n", "oom 1\noom_kill 2\noom_group_kill 3\n", "max max\n", "oom_kill\n", "oom_kill 18446744073709551616\n", "", "anon 1\nfile 2", "a oom_kill 3\noom_kill 4"} {
		f.Add(s, "oom_kill", uint64(7))
	}
	f.Fuzz(func(t *testing.T, content, key string, n uint64) {
		if key == "" || strings.TrimSpace(key) != key || strings.ContainsAny(key, " \n") {
			return
		}
		lines := strings.Split(content, "\n")
		there := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), key+" ") })
		if got := keyed(content, key); !there && got != 0 {
			t.Fatalf("%q: %s is %d", content, key, got)
		}
		if there {
			return
		}
		line := key + " " + strconv.FormatUint(n, 10)
		if got := count(strings.Join(append(lines, line, key+" 1", ""), "\n"), key); got == nil || *got != n {
			t.Fatalf("%q behind %q: %v", line, content, got)
		}
	})
}

// Only the line of cgroup v2 counts, whose path is anything but a line feed.
func FuzzParseCgroup(f *testing.F) {
	for _, s := range []string{"/", "/user.slice/a:b", "/..", "/a b (deleted)", "/0::/x", ""} {
		f.Add(s, "12:memory:/x\n1:name=systemd:/0::/y\n")
	}
	f.Fuzz(func(t *testing.T, path, before string) {
		if strings.Contains(path, "\n") || strings.Contains("\n"+before, "\n0::") || before != "" && !strings.HasSuffix(before, "\n") {
			return
		}
		if got, err := parseCgroup(before + "0::" + path + "\n"); err != nil || got != path {
			t.Fatalf("%q behind %q: %q, %v", path, before, got, err)
		}
		if got, err := parseCgroup(before); err == nil {
			t.Fatalf("%q: %q", before, got)
		}
	})
}
