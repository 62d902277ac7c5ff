package container

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/state"
)

// Each sentence names the flag or the thing, what stands in the way, and who can do what about it.
func TestFailuresOfLimitsSayWhatToDo(t *testing.T) {
	setting := func(file, value string) cgroup2.Setting { return cgroup2.Setting{File: file, Value: value} }
	for name, tt := range map[string]struct {
		err  error
		says []string
	}{
		"hybrid": {&v1Error{[]string{"memory", "pids"}},
			[]string{"cannot limit memory, processes", "as cgroup v1", "administrator", "systemd.unified_cgroup_hierarchy=1", "--ulimit"}},
		"no cgroup v2":              {&v1Error{}, []string{"no cgroup v2", "systemd.unified_cgroup_hierarchy=1"}},
		"no cgroups in a container": {errUnmounted, []string{"no cgroups are mounted", "whoever started", "--cgroup-writable", "--ulimit"}},
		"not delegated": {&cgroup2.MissingError{Setting: setting("io.weight", "default 50"), Delegated: []string{"cpu", "memory", "pids"}},
			[]string{`--io-weight (io.weight="default 50")`, "controller io is not delegated", "cpu, memory, pids", `Delegate=cpu cpuset io memory pids\n`, "started anew"}},
		"a controller of its own kind": {&cgroup2.MissingError{Setting: setting("hugetlb.2MB.max", "0")}, []string{"there is: none", "Delegate=cpu cpuset hugetlb io memory pids"}},
		"clamped":                      {&cgroup2.MissingError{Setting: setting("memory.max", "100"), Have: "4096", Delegated: []string{"memory"}}, []string{"--memory (memory.max=100) did not arrive", `"4096"`}},
		"refused by the kernel": {&cgroup2.MissingError{Setting: setting("cpu.max", "1 2"), Have: "max 100000", Delegated: []string{"cpu"},
			Err: &os.PathError{Op: "write", Path: "cpu.max", Err: unix.EINVAL}}, []string{"--cpus", "refused by the kernel: invalid argument"}},
		"no file": {&cgroup2.MissingError{Setting: setting("memory.swap.max", "0"), Delegated: []string{"memory"}}, []string{"--memory-swap", "no file memory.swap.max"}},
		"nowhere": {&noCgroupError{asked: auto, booted: true, bus: &cgroup2.DialError{Addresses: []string{"unix:path=/run/user/1/bus"}, Errs: []error{unix.ENOENT}},
			dirs: &cgroup2.PlaceError{Dirs: []string{"/sys/fs/cgroup/x"}, Whys: []string{"it is not delegated to you"}}},
			[]string{"no cgroup can be had", "unix:path=/run/user/1/bus: no such file", "/sys/fs/cgroup/x: it is not delegated", "loginctl enable-linger", "Delegate=yes"}},
		"no systemd, which was asked for": {&noCgroupError{asked: systemd, bus: errors.New("gone")}, []string{"(--cgroup systemd)", "tried the user's systemd: gone"}},
		"name taken":                      {&state.TakenError{Name: "web"}, []string{`"web" is running`, "urun rm --force web", "--name"}},
		"unit taken":                      {&cgroup2.TakenError{Name: "urun-web.scope"}, []string{"unit urun-web.scope", "systemctl --user stop urun-web.scope"}},
		"cgroup taken":                    {&cgroup2.TakenError{Name: "/sys/fs/cgroup/urun-web"}, []string{"/sys/fs/cgroup/urun-web", "--name"}},
		"offline":                         {&cgroup2.OfflineError{Setting: setting("cpuset.cpus", "9"), Missing: cgroup2.Set{9}, Online: cgroup2.Set{0, 1}}, []string{`--cpuset-cpus "9"`, "no number 9", "there is 0-1"}},
		"starved":                         {&starvedError{[]cgroup2.Setting{setting("memory.max", "524288")}}, []string{"before the command ran", "512 KiB", "too small"}},
		"systemd hangs":                   {&cgroup2.CallError{Doing: "start urun-web.scope", Err: errNoAnswer}, []string{"start urun-web.scope", "no answer", "systemctl --user status"}},
		"nobody there":                    {&state.NotFoundError{Name: "x"}, []string{`no container "x"`, "there is none at all"}},
		"others there":                    {&state.NotFoundError{Name: "x", Others: []string{"a", "b"}}, []string{`no container "x"`, "a, b"}},
	} {
		says := failure(nil, tt.err).Error()
		for _, want := range tt.says {
			if !strings.Contains(says, want) {
				t.Errorf("%s: %q is not in: %s", name, want, says)
			}
		}
		if strings.ContainsAny(says, "\n") || says[:1] != strings.ToLower(says[:1]) {
			t.Errorf("%s: not one line in lower case: %s", name, says)
		}
	}
}

func TestAnOldKernelIsNamed(t *testing.T) {
	for release, old := range map[string]bool{"5.10.0-32-amd64": true, "4.19.0": true, "5.12.0": false, "5.15.167.4-microsoft": false, "6.1.0": false, "10.2": false, "": false, "odd": false} {
		says := lacksCall(release)
		if got := strings.Contains(says, "Linux "+release+", and urun needs 5.12"); got != old || !old && !strings.Contains(says, "seccomp") {
			t.Errorf("%s: %s", release, says)
		}
	}
}

func TestBytesForPeople(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 100 << 20: "100 MiB", 1<<30 + 1<<29: "1.5 GiB", 1 << 40: "1 TiB", 1 << 63: "8192 PiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
