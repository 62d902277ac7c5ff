//go:build vm

package vm

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take to come about.
const patience = 60 * time.Second

// eventually waits until wrong is "", which tells what is not yet as it should be.
func eventually(t testing.TB, wrong func() string) {
	t.Helper()
	var why string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if why = wrong(); why == "" {
			return
		}
	}
	t.Fatal(why)
}

var wholeID = regexp.MustCompile(`^[0-9a-f]{64}\n$`)

// detach starts a container in the background, which goes with the test.
func detach(t *testing.T, name string, args ...string) {
	t.Helper()
	t.Cleanup(func() { run(t, "rm", "-f", name) })
	r := run(t, append([]string{"-d", "--name", name}, args...)...)
	r.OK(t)
	if !wholeID.MatchString(r.Stdout) {
		t.Fatalf("it prints %q", r.Stdout)
	}
}

// logged waits for a line of a container's log.
func logged(t testing.TB, name, line string) {
	t.Helper()
	eventually(t, func() string {
		r := run(t, "logs", name)
		if slices.Contains(strings.Split(r.Stdout+r.Stderr, "\n"), line) {
			return ""
		}
		return fmt.Sprintf("the log has no line %q: %s%s", line, r.Stdout, r.Stderr)
	})
}

// waited is what urun wait says of one container.
func waited(t testing.TB, name string) int {
	t.Helper()
	r := run(t, "wait", name)
	r.OK(t)
	n, err := strconv.Atoi(strings.TrimSpace(r.Stdout))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inspected is what the tests want of urun inspect.
type inspected struct {
	State struct {
		Status                       string
		Running, Paused, OOMKilled   bool
		Detached                     bool
		Pid, SupervisorPid, ExitCode int
		Error                        string
	}
	Cgroup struct {
		Manager, Unit, Path string
		Values              map[string]string
	}
	Namespaces []struct {
		Type                 string
		Own                  bool
		Inode, Owner, Parent uint64
		OwnerUID             *int `json:"owner_uid"`
	}
}

func inspect(t testing.TB, name string) inspected {
	t.Helper()
	r := run(t, "inspect", name)
	r.OK(t)
	return inspectedIn(t, r.Stdout)
}

func inspectedIn(t testing.TB, text string) inspected {
	t.Helper()
	var list []inspected
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return list[0]
}

// systemctl asks the systemd that has the scopes of whom the tests run as.
func systemctl(t testing.TB, args ...string) string {
	t.Helper()
	if where != "root" {
		args = append([]string{"--user"}, args...)
	}
	out, err := exec.Command("systemctl", args...).CombinedOutput()
	if err != nil {
		t.Errorf("systemctl %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// cgroupOfProcess is its line of proc_pid_cgroup(5), or "" when it has ended.
func cgroupOfProcess(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	return strings.TrimSpace(strings.TrimPrefix(string(b), "0::"))
}

// childrenOf are the children of a process.
func childrenOf(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(word); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// movedOut waits until the container's urun and its helpers are in a scope of their own, and gives how many helpers there are.
func movedOut(t testing.TB, name string, in inspected) (helpers int) {
	t.Helper()
	scope := "/urun-" + name + "-supervisor.scope"
	eventually(t, func() string {
		helpers = 0
		if got := cgroupOfProcess(in.State.SupervisorPid); !strings.HasSuffix(got, scope) {
			return "urun is in " + got
		}
		for _, pid := range childrenOf(in.State.SupervisorPid) {
			if pid == in.State.Pid {
				continue
			}
			helpers++
			if got := cgroupOfProcess(pid); !strings.HasSuffix(got, scope) {
				comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
				return strings.TrimSpace(string(comm)) + " is in " + got
			}
		}
		return ""
	})
	return helpers
}

// A container in the background has a scope without being asked to, which is all that its limits need, and its urun another.
func TestDetachedTakesAScope(t *testing.T) {
	for _, limits := range [][]string{nil, {"-m", "100m", "--pids-limit", "20"}} {
		detach(t, "web", append(limits, "--net", "gvisor", rootfs, "sh", "-c", "sleep 100 & sleep 100 & echo ready; exec probe sleep 1000")...)
		logged(t, "web", "ready")
		in := inspect(t, "web")
		if got, want := in.Cgroup.Path, cgroupOf(t, "web"); got != want || in.Cgroup.Unit != "urun-web.scope" || in.Cgroup.Manager != "systemd" || !strings.HasSuffix(got, "/urun-web.scope") {
			t.Errorf("inspect says %+v, and it is in %s", in.Cgroup, want)
		}
		if s := in.State; s.Status != "running" || !s.Running || !s.Detached || s.Paused {
			t.Errorf("it is %+v", s)
		}
		if out := systemctl(t, "status", "--no-pager", "urun-web.scope"); !strings.Contains(out, "urun web: sh -c") || !strings.Contains(out, "active (running)") {
			t.Error(out)
		}
		if n := movedOut(t, "web", in); n != 1 {
			t.Errorf("urun has %d helpers", n)
		}
		if out := systemctl(t, "status", "--no-pager", "urun-web-supervisor.scope"); !strings.Contains(out, "(supervisor)") || !strings.Contains(out, "urun-supervisor") {
			t.Error(out)
		}
		if limits != nil {
			for file, want := range map[string]string{"memory.max": "104857600", "pids.max": "20"} {
				if got := readCgroup(t, "web", file); got != want {
					t.Errorf("%s is %s", file, got)
				}
			}
		}
		if n, _ := stats(t, "web")["pids"].(float64); n < 4 { // the init, the probe and its threads, sleep twice
			t.Errorf("stats shows %v processes", n)
		}

		run(t, "pause", "web").OK(t)
		if in := inspect(t, "web"); !in.State.Paused || in.State.Status != "paused" {
			t.Errorf("paused it is %+v", in.State)
		}
		if r := run(t, "ps"); !strings.Contains(r.Stdout, "(Paused)") {
			t.Errorf("ps says %s%s", r.Stdout, r.Stderr)
		}
		run(t, "exec", "web", "true").Refused(t, 125, `"web" is paused`, "urun unpause web")
		run(t, "unpause", "web").OK(t)
		if in := inspect(t, "web"); in.State.Status != "running" {
			t.Errorf("unpaused it is %+v", in.State)
		}

		run(t, "kill", "--all", "web").OK(t)
		if n := waited(t, "web"); n != 137 {
			t.Errorf("exit status %d", n)
		}
		if in := inspect(t, "web"); in.State.Status != "exited" || in.State.ExitCode != 137 || in.State.OOMKilled || in.State.Pid != 0 {
			t.Errorf("it is %+v", in.State)
		}
		run(t, "rm", "web").OK(t)
		nothingIsLeft(t)
	}
}

// Its limits hold for it as they do for one in the foreground.
func TestDetachedKeepsToItsLimits(t *testing.T) {
	detach(t, "bomb", "--pids-limit", "20", rootfs, "sh", "-c", "probe bomb 3; exec probe sleep")
	refused := regexp.MustCompile(`refused [1-9]`)
	eventually(t, func() string {
		if n, err := strconv.Atoi(readCgroup(t, "bomb", "pids.current")); err != nil || n > 20 {
			t.Fatalf("it has %d processes: %v", n, err)
		}
		if r := run(t, "logs", "bomb"); !refused.MatchString(r.Stdout) {
			return "no fork is refused: " + r.Stdout + r.Stderr
		}
		return ""
	})
	run(t, "rm", "-f", "bomb").OK(t)
	nothingIsLeft(t)
}

// Why it ended is asked for later.
func TestDetachedKilledForMemoryIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		flags  []string
		line   string
		status int
		oom    bool
	}{
		{"the command", nil, "exec probe eat 200", 137, true},
		{"the first process", []string{"--no-init"}, "exec probe eat 200", 137, true},
		{"all of them", []string{"--oom-group"}, "probe eat 200; true", 137, true},
		{"another", nil, "probe eat 200; true", 0, false},
		{"none", nil, "kill -9 $$", 137, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			detach(t, "eats", slices.Concat([]string{"-m", "100m"}, c.flags, []string{rootfs, "sh", "-c", c.line})...)
			if n := waited(t, "eats"); n != c.status {
				t.Errorf("exit status %d", n)
			}
			if s := inspect(t, "eats").State; s.ExitCode != c.status || s.OOMKilled != c.oom || s.Status != "exited" {
				t.Errorf("it is %+v", s)
			}
			if r := run(t, "ps", "-a"); !strings.Contains(r.Stdout, fmt.Sprintf("Exited (%d)", c.status)) {
				t.Errorf("ps says %s", r.Stdout)
			}
			run(t, "rm", "eats").OK(t)
			nothingIsLeft(t)
		})
	}
}

func TestDetachedIsStopped(t *testing.T) {
	for _, c := range []struct {
		name   string
		argv   []string
		pause  bool
		status int
		notice string
	}{
		{"it ends by itself", []string{"probe", "catch", "USR1"}, false, 7, ""},
		{"it is paused", []string{"probe", "catch", "USR1"}, true, 7, ""},
		{"it ignores SIGTERM", []string{"probe", "ignore", "TERM"}, false, 137, "has not ended SIGTERM"},
		{"it is paused and ignores SIGTERM", []string{"probe", "ignore", "TERM"}, true, 137, "SIGTERM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			detach(t, "ends", slices.Concat([]string{"-m", "100m", rootfs}, c.argv)...)
			logged(t, "ends", "ready")
			if c.pause {
				run(t, "pause", "ends").OK(t)
			}
			patience := "10"
			if c.status == 137 {
				patience = "1"
			}
			r := run(t, "stop", "-t", patience, "ends")
			if r.Status != 0 || r.Stdout != "ends\n" || c.notice == "" && r.Stderr != "" || c.notice != "" && !strings.Contains(r.Stderr, "is killed") {
				t.Errorf("exit status %d: %s%s", r.Status, r.Stdout, r.Stderr)
			}
			if s := inspect(t, "ends").State; s.ExitCode != c.status || s.Status != "exited" || s.OOMKilled {
				t.Errorf("it is %+v", s)
			}
			run(t, "stop", "ends").OK(t) // it has ended
			run(t, "rm", "ends").OK(t)
			nothingIsLeft(t)
		})
	}
}

// However its urun ends, the next command tells the truth and clears away the rest.
func TestDetachedWithoutItsUrun(t *testing.T) {
	for _, pause := range []bool{false, true} {
		detach(t, "lost", "-m", "100m", "--net", "gvisor", rootfs, "probe", "ignore", "TERM")
		logged(t, "lost", "ready")
		in := inspect(t, "lost")
		movedOut(t, "lost", in)
		if pause {
			run(t, "pause", "lost").OK(t)
		}
		if err := syscall.Kill(in.State.SupervisorPid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() string {
			if r := run(t, "ps", "-a"); !strings.Contains(r.Stdout, "Exited (137)") || !strings.Contains(r.Stdout, "its urun was killed") {
				return "ps says " + r.Stdout + r.Stderr
			}
			return ""
		})
		if left := eventuallyNoScope(t); left != nil {
			t.Errorf("left behind: %v", left)
		}
		run(t, "rm", "lost").OK(t)
		nothingIsLeft(t)
	}
}

// eventuallyNoScope gives what is left of cgroups and processes, but for records, which are kept.
func eventuallyNoScope(t testing.TB) (left []string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		left = slices.DeleteFunc(remains(t), func(s string) bool { return strings.HasPrefix(s, stateDir()) })
		if len(left) == 0 {
			return nil
		}
	}
	return left
}

// systemd may stop either of its scopes, as it does at logout.
func TestDetachedIsStoppedBySystemd(t *testing.T) {
	for scope, statuses := range map[string][]int{
		"urun-ends.scope":            {7, 143}, // the command's end, or the init's if that is faster
		"urun-ends-supervisor.scope": {7},
	} {
		t.Run(scope, func(t *testing.T) {
			detach(t, "ends", "-m", "100m", "--net", "gvisor", rootfs, "probe", "catch", "USR1")
			logged(t, "ends", "ready")
			movedOut(t, "ends", inspect(t, "ends"))
			systemctl(t, "stop", scope)
			if n := waited(t, "ends"); !slices.Contains(statuses, n) {
				t.Errorf("exit status %d", n)
			}
			if s := inspect(t, "ends").State; s.Status != "exited" || !slices.Contains(statuses, s.ExitCode) || s.Error != "" {
				t.Errorf("it is %+v", s)
			}
			if left := eventuallyNoScope(t); left != nil {
				t.Errorf("left behind: %v", left)
			}
			logged(t, "ends", "SIGTERM") // it could say something
			run(t, "rm", "ends").OK(t)
			nothingIsLeft(t)
		})
	}
}

// Its urun moves to a scope of its own when the command runs, which may be over by then.
func TestDetachedThatEndsAtOnce(t *testing.T) {
	n := 40
	if testing.Short() {
		n = 15
	}
	for i := range n {
		r := run(t, "-d", "--rm", "--userns=single", "--net=none", rootfs, "sh", "-c", "usleep "+strconv.Itoa(i*2000))
		r.OK(t)
	}
	nothingIsLeft(t)
}

// Killed at any moment around the beginning of the command, the urun that was called or the one that looks after the container
// leaves nothing that the next command does not clear away: no scope without a process, either.
func TestDetachedKilledAtAnyMoment(t *testing.T) {
	n := 40
	if testing.Short() {
		n = 10
	}
	t.Cleanup(func() { run(t, "rm", "-fa") })
	args := []string{"-d", "--userns=single", "--net=none", "-m", "50m", rootfs, "sleep", "1000"}
	began := time.Now()
	run(t, args...).OK(t)
	whole := time.Since(began)
	run(t, "rm", "-fa").OK(t)
	for i := range n {
		c := exec.Command(urun, args...)
		if i%2 == 0 {
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(rand.N(whole + whole/4))
			_ = c.Process.Kill()
			_ = c.Wait()
			continue
		}
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(stateDir() + "/" + strings.TrimSpace(string(out)) + "/state.json")
		var r struct {
			Urun int `json:"urun_pid"`
		}
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(whole / 8))
		_ = syscall.Kill(r.Urun, syscall.SIGKILL)
	}
	eventually(t, func() string { // one whose urun was killed may have begun, and is kept
		if r := run(t, "rm", "-fa"); r.Status != 0 {
			return r.Stderr
		}
		if left := remains(t); len(left) > 0 {
			return fmt.Sprintf("left behind: %v", left)
		}
		return ""
	})
}

// parallel runs urun with each of the lists of arguments, all at once, and gives what went wrong.
func parallel(t *testing.T, lists [][]string, right func(out string) bool) {
	t.Helper()
	var wg sync.WaitGroup
	for _, args := range lists {
		wg.Go(func() {
			out, err := exec.Command("timeout", append([]string{"300", urun}, args...)...).CombinedOutput()
			if err != nil || !right(string(out)) {
				t.Errorf("%v: %v: %s", args, err, out)
			}
		})
	}
	wg.Wait()
}

func TestDetachedManyAtOnce(t *testing.T) {
	n := 24 // on two emulated processors
	if testing.Short() {
		n = 6 // in a session the system's systemd moves each of them, too
	}
	t.Cleanup(func() { _ = exec.Command(urun, "rm", "-fa").Run() })
	var lists [][]string
	for i := range n {
		lists = append(lists, []string{"-d", "--name", fmt.Sprintf("many%d", i), "--userns=single", "--net=none", "-m", "50m", rootfs, "sleep", "1000"})
	}
	began := time.Now()
	parallel(t, lists, wholeID.MatchString)
	t.Logf("%d starts at once took %v", n, time.Since(began))
	r := run(t, "ps", "--format", "{{.Names}}")
	r.OK(t)
	if got := r.Lines(); len(got) != n || !slices.Contains(got, "many0") || !slices.Contains(got, fmt.Sprintf("many%d", n-1)) {
		t.Errorf("ps says %v", got)
	}
	for i := range n {
		name := fmt.Sprintf("many%d", i)
		if got := readCgroup(t, name, "memory.max"); got != "52428800" {
			t.Errorf("memory.max of %s is %s", name, got)
		}
	}
	began = time.Now()
	out, err := exec.Command("timeout", "300", urun, "rm", "-fa").CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != n {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("urun rm -fa took %v", time.Since(began))
	if r := run(t, "ps", "-aq"); r.Stdout != "" {
		t.Errorf("ps says %s", r.Stdout)
	}
	nothingIsLeft(t)
}

// What inspect says of namespaces and of the cgroup is what the kernel says.
func TestInspectShowsNamespacesAndTheCgroup(t *testing.T) {
	limits := map[string]string{"memory.max": "104857600", "memory.swap.max": "0", "pids.max": "30", "cpu.max": "50000 100000", "cpu.weight": "50"}
	detach(t, "seen", "-m", "100m", "--memory-swap", "100m", "--pids-limit", "30", "--cpus", "0.5", "--cpu-weight", "50", rootfs, "probe", "sleep")
	in := inspect(t, "seen")
	for file, want := range limits {
		if got := in.Cgroup.Values[file]; got != want || got != readCgroup(t, "seen", file) {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
	own, users := map[string]uint64{}, uint64(0)
	for _, ns := range in.Namespaces {
		file := map[string]string{"mount": "mnt", "network": "net"}[ns.Type]
		if file == "" {
			file = ns.Type
		}
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", in.State.Pid, file)); err != nil || got != fmt.Sprintf("%s:[%d]", file, ns.Inode) {
			t.Errorf("%+v: the kernel says %s, %v", ns, got, err)
		}
		if ns.Own {
			own[ns.Type] = ns.Owner
		}
		if ns.Type == "user" && ns.Own {
			users = ns.Inode
			mine, err := os.Stat("/proc/self/ns/user")
			if err != nil {
				t.Fatal(err)
			}
			if ns.OwnerUID == nil || *ns.OwnerUID != os.Getuid() || ns.Parent != mine.Sys().(*syscall.Stat_t).Ino {
				t.Errorf("%+v", ns)
			}
		}
	}
	delete(own, "time") // one's own only where it was asked for
	for _, kind := range []string{"mount", "pid", "network", "ipc", "uts", "cgroup"} {
		if owner, ok := own[kind]; !ok || users != 0 && owner != users {
			t.Errorf("%s: owner %d, and the user namespace is %d: %+v", kind, owner, users, in.Namespaces)
		}
	}
	if where != "root" && users == 0 {
		t.Errorf("no user namespace of its own: %+v", in.Namespaces)
	}
	run(t, "rm", "-f", "seen").OK(t)
	nothingIsLeft(t)
}
