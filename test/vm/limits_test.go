//go:build vm

package vm

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// What a flag asks for is what the kernel has, inside and outside.
func TestLimitsArrive(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, c := range []struct {
			flags    string
			delegate bool // it takes more than Debian delegates
			file     string
			want     string
		}{
			{"-m 100m", false, "memory.max", "104857600"},
			{"-m 100m", false, "memory.swap.max", "104857600"},
			{"-m 100m --memory-swap 100m", false, "memory.swap.max", "0"},
			{"-m 100m --memory-swap max", false, "memory.swap.max", "max"},
			{"-m 100m --memory-reservation 50m", false, "memory.low", "52428800"},
			{"-m 10000001b", false, "memory.max", "9998336"}, // whole pages
			{"-m max", false, "memory.max", "max"},
			{"--cpus 0.2", false, "cpu.max", "20000 100000"},
			{"--cpus 1.333", false, "cpu.max", "133300 100000"},
			{"--cpu-quota 30000 --cpu-period 50000", false, "cpu.max", "30000 50000"},
			{"--cpu-period 50000", false, "cpu.max", "max 50000"},
			{"--cpu-weight 50", false, "cpu.weight", "50"},
			{"--cpu-shares 1024", false, "cpu.weight", "100"},
			{"--pids-limit 20", false, "pids.max", "20"},
			{"-m 100m --oom-group", false, "memory.oom.group", "1"},
			{"-m 100m", false, "memory.oom.group", "0"},
			{"--cpuset-cpus 1", true, "cpuset.cpus.effective", "1"},
			{"--cpuset-cpus 0-1 --cpuset-mems 0", true, "cpuset.mems.effective", "0"},
			{"--device-read-bps /dev/vda:1m --device-write-iops /dev/vda:100", true, "io.max", "254:0 rbps=1048576 wbps=max riops=max wiops=100"},
		} {
			if c.delegate != delegated() && c.delegate {
				continue
			}
			flags := append([]string{userns}, strings.Fields(c.flags)...)
			if got := inside(t, "cat /sys/fs/cgroup/"+c.file, flags...); got != c.want {
				t.Errorf("%s: %s inside is %q, want %q", c.flags, c.file, got, c.want)
			}
			b := start(t, append(flags, "--name", "seen", rootfs, "probe", "sleep")...)
			b.sees("ready")
			if got := readCgroup(t, "seen", c.file); got != c.want {
				t.Errorf("%s: %s outside is %q, want %q", c.flags, c.file, got, c.want)
			}
			b.kill()
		}
		collected(t)
	})
}

// readCgroup reads a file of a running container's cgroup.
func readCgroup(t testing.TB, name, file string) string {
	t.Helper()
	b, err := os.ReadFile(cgroupOf(t, name) + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// cgroupOf is the directory of a running container's cgroup, found by its process and not by what urun says.
func cgroupOf(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `grep -l '"name":"`+name+`"' `+stateDir()+`/*/state.json | xargs cat`).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), `"pid":`)
	pid, _, _ := strings.Cut(rest, ",")
	b, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix("/sys/fs/cgroup"+strings.TrimSpace(strings.TrimPrefix(string(b), "0::")), "/container")
}

// ownFew is the number of processes that a line of a shell may have just then: the init, the shell, its pipe.
var ownFew = regexp.MustCompile(`^[234]\n`)

func TestTheContainerSeesItsOwnCgroupOnly(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, flags := range [][]string{{userns, "-m", "100m"}, {userns, "--cgroup", "systemd"}, {userns, "-m", "100m", "--net", "host"}} {
			if got := inside(t, "cat /proc/self/cgroup", flags...); got != "0::/" {
				t.Errorf("%v: /proc/self/cgroup is %q", flags, got)
			}
			if got := inside(t, "cat /sys/fs/cgroup/cgroup.procs | wc -l; ls -d /sys/fs/cgroup/*.slice /sys/fs/cgroup/*.scope 2>/dev/null; mkdir /sys/fs/cgroup/x 2>&1; echo 1 2>&1 >/sys/fs/cgroup/memory.max; true", flags...); !ownFew.MatchString(got) ||
				strings.Contains(got, ".slice") || strings.Count(got, "ead-only file system") != 2 {
				t.Errorf("%v: /sys/fs/cgroup shows\n%s", flags, got)
			}
		}
		if got := inside(t, "cat /proc/self/cgroup; ls /sys/fs/cgroup", userns); got != "0::/" {
			t.Errorf("without a cgroup of its own: %q", got)
		}
	})
}

// Keeps away: nsdelegate protects a cgroup from the namespace whose root it is, and not from one below that, which any
// process may make. So the limits are above the root that a container sees, and without limits there is no namespace below.
func TestLimitsCannotBeLifted(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, more := range [][]string{nil, {"--cgroup-writable"}, {"--cap-add", "ALL"}} {
			flags := append([]string{userns, "--name", "lifts", "-m", "50m", "--pids-limit", "30"}, more...)
			b := start(t, append(flags, rootfs, "sh", "-c", "probe lift memory.max max; probe lift memory.swap.max max; probe lift pids.max max; echo ready; exec probe sleep")...)
			b.sees("ready")
			for file, want := range map[string]string{"memory.max": "52428800", "pids.max": "30"} {
				if got := readCgroup(t, "lifts", file); got != want {
					t.Errorf("%v: %s is %s", more, file, got)
				}
			}
			b.kill()
			r := run(t, append(append([]string{userns, "-m", "50m"}, more...), rootfs, "sh", "-c", "probe lift memory.max max; probe eat 200 | tail -n 1")...)
			if strings.Contains(r.Stdout, "full") || !strings.Contains(r.Stderr, "for memory") {
				t.Errorf("%v: it has its 200 MiB: %s%s", more, r.Stdout, r.Stderr)
			}
		}
		if r := run(t, userns, rootfs, "probe", "lift", "cgroup.freeze", "0"); strings.Contains(r.Stdout, "written") || r.Status == 0 {
			t.Errorf("without limits it writes to the caller's cgroup: %s", r.Stdout)
		}
		collected(t)
	})
}

// A manager inside, such as systemd, makes cgroups below its own; its own limits it cannot lift.
func TestWritableCgroups(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		got := inside(t, `cd /sys/fs/cgroup
			mkdir init.scope && echo 0 >init.scope/cgroup.procs && for p in $(cat cgroup.procs); do echo $p >init.scope/cgroup.procs; done
			echo "+memory +pids" >cgroup.subtree_control && mkdir payload && echo 5 >payload/pids.max && cat payload/pids.max
			(echo max >memory.max) 2>&1; cat memory.max; (echo 1 >../cgroup.procs) 2>&1 | tail -1`, userns, "-m", "100m", "--cgroup-writable")
		if !strings.HasPrefix(got, "5\n") || !strings.Contains(got, "Operation not permitted\n104857600") {
			t.Errorf("got\n%s", got)
		}
		nothingIsLeft(t)
	})
}

// systemd leaves out what it may not set, without a word.
func TestALimitWhoseControllerIsNotDelegatedIsAnError(t *testing.T) {
	testenv.Unprivileged(t)
	if delegated() {
		t.Skip("everything is delegated")
	}
	for _, c := range []struct{ flag, value, controller string }{
		{"--cpuset-cpus", "0", "cpuset"}, {"--cpuset-mems", "0", "cpuset"}, {"--io-weight", "50", "io"}, {"--device-read-bps", "/dev/vda:1m", "io"},
	} {
		run(t, c.flag, c.value, rootfs, "true").Refused(t, 125, c.flag, "controller "+c.controller+" is not delegated", "cpu, memory, pids",
			"Delegate=cpu cpuset io memory pids", "/etc/systemd/system/user@.service.d", "daemon-reload")
	}
	nothingIsLeft(t)
}

func TestNumbersThatThisMachineDoesNotHave(t *testing.T) {
	run(t, "--cpuset-cpus", "99", rootfs, "true").Refused(t, 125, `--cpuset-cpus "99"`, "no number 99", "0-1")
	run(t, "--cpuset-mems", "0,7", rootfs, "true").Refused(t, 125, "no number 7")
	nothingIsLeft(t)
}

// podman starts its conmon in the slice that is named; so does urun with its scope.
func TestTheSliceThatWasAskedFor(t *testing.T) {
	testenv.Unprivileged(t)
	for _, flag := range []string{"--slice", "--cgroup-parent"} {
		file := t.TempDir() + "/result"
		run(t, flag, "urun-test.slice", "--json", file, rootfs, "true").OK(t)
		if o := readOutcome(t, file); !strings.Contains(o.Cgroup, "/urun.slice/urun-test.slice/urun-") || !strings.HasSuffix(o.Unit, ".scope") {
			t.Errorf("%s: %+v", flag, o)
		}
	}
}

func TestSystemctlShowsWhatItIs(t *testing.T) {
	testenv.Unprivileged(t)
	b := start(t, "--name", "web", "-m", "100m", rootfs, "probe", "sleep")
	b.sees("ready")
	out, err := exec.Command("systemctl", "--user", "status", "--no-pager", "urun-web.scope").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "urun web: probe sleep") || !strings.Contains(string(out), "100.0M") && !strings.Contains(string(out), "max: 100M") {
		t.Errorf("%v\n%s", err, out)
	}
	show, err := exec.Command("systemctl", "--user", "show", "-p", "Delegate,CollectMode", "urun-web.scope").Output()
	if err != nil || !strings.Contains(string(show), "Delegate=yes") || !strings.Contains(string(show), "CollectMode=inactive-or-failed") {
		t.Errorf("%v\n%s", err, show)
	}
}
