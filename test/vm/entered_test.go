//go:build vm

package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// A process of a login session may not be moved by its user: the kernel refuses the write, and the user's systemd has the
// system's do it. From user@.service it may.
func mustBeRefused(t *testing.T, dir string) {
	t.Helper()
	c := exec.Command("sleep", "100")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	var want error
	if where == "session" {
		want = syscall.EACCES
	}
	f, err := os.OpenFile(dir+"/cgroup.procs", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = syscall.Write(int(f.Fd()), []byte(strconv.Itoa(c.Process.Pid)))
	if err != want && !(want == nil && err == nil) {
		t.Errorf("to move a process of one's own to %s is %v, want %v", dir, err, want)
	}
}

// processIn waits for a process with this command line in a cgroup, and gives its number.
func processIn(t testing.TB, dir string, argv ...string) (pid int) {
	t.Helper()
	want := strings.Join(argv, "\x00") + "\x00"
	eventually(t, func() string {
		procs, err := os.ReadFile(dir + "/cgroup.procs")
		for _, word := range strings.Fields(string(procs)) {
			if b, _ := os.ReadFile("/proc/" + word + "/cmdline"); string(b) == want {
				pid, err = strconv.Atoi(word)
				return ""
			}
		}
		return fmt.Sprintf("%v is not in %s: %q, %v", argv, dir, procs, err)
	})
	return pid
}

// The cgroup of a container holds what is run in it later, whoever started it and wherever that is.
func TestExecIsInTheContainersCgroup(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T, userns string){
		"in the background": func(t *testing.T, userns string) {
			detach(t, "web", userns, "-m", "100m", "--pids-limit", "60", rootfs, "probe", "sleep", "1000")
		},
		"in the background, without a limit": func(t *testing.T, userns string) {
			detach(t, "web", userns, rootfs, "probe", "sleep", "1000")
		},
		"in the foreground": func(t *testing.T, userns string) {
			start(t, "--name", "web", userns, "-m", "100m", rootfs, "probe", "sleep", "1000").sees("ready")
		},
		"without an init": func(t *testing.T, userns string) {
			detach(t, "web", userns, "--no-init", "-m", "100m", rootfs, "probe", "sleep", "1000")
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, userns := range []string{"--userns=single", "--userns=auto"} {
				begin(t, userns)
				dir := cgroupOf(t, "web") + "/container"
				if _, err := os.Stat(dir); err != nil {
					dir = cgroupOf(t, "web") // it has no limits above its own
				}
				mustBeRefused(t, dir)
				if r := run(t, "exec", "web", "cat", "/proc/self/cgroup"); r.Status != 0 || r.Stdout != "0::/\n" || r.Stderr != "" {
					t.Errorf("%s: exit status %d: %s%s", userns, r.Status, r.Stdout, r.Stderr)
				}
				e := start(t, "exec", "web", "sh", "-c", "echo here; exec sleep 4321")
				e.sees("here")
				pid := processIn(t, dir, "sleep", "4321")
				if got, want := cgroupOfProcess(pid), strings.TrimPrefix(dir, "/sys/fs/cgroup"); got != want {
					t.Errorf("it is in %s, want %s", got, want)
				}
				if got := cgroupOfProcess(e.cmd.Process.Pid); strings.HasPrefix(got, strings.TrimPrefix(dir, "/sys/fs/cgroup")) {
					t.Errorf("urun itself is in the container's cgroup: %s", got)
				}
				e.kill()
				eventually(t, func() string {
					if syscall.Kill(pid, 0) == nil {
						return "urun exec was killed, and its command lives on"
					}
					return ""
				})
				run(t, "exec", "-d", "web", "sleep", "5432").OK(t)
				processIn(t, dir, "sleep", "5432")
				if r := run(t, "exec", "-t", "web", "sh", "-c", "tty; cat /proc/self/cgroup"); r.Status != 0 || r.Stdout != "/dev/pts/0\r\n0::/\r\n" {
					t.Errorf("%s: with a terminal: exit status %d: %q %s", userns, r.Status, r.Stdout, r.Stderr)
				}
				run(t, "kill", "web").OK(t)
				if r := run(t, "wait", "--ignore", "web"); r.Status != 0 {
					t.Error(r.Stderr)
				}
				run(t, "rm", "-f", "web")
				collected(t)
			}
		})
	}
}

func TestExecKeepsToTheContainersLimits(t *testing.T) {
	for _, userns := range []string{"--userns=single", "--userns=auto"} {
		detach(t, "web", userns, "-m", "100m", "--pids-limit", "40", rootfs, "probe", "sleep", "1000")
		dir := cgroupOf(t, "web")
		for _, how := range [][]string{{"exec", "web"}, {"exec", "-t", "web"}} {
			r := run(t, append(how, "probe", "eat", "200")...)
			if r.Status != 137 || strings.Contains(r.Stdout, "full") {
				t.Errorf("%v: exit status %d: %s%s", how, r.Status, r.Stdout, r.Stderr)
			}
		}
		events := readFile(t, dir+"/memory.events")
		if !strings.Contains(events, "\noom_kill 2\n") && !strings.HasSuffix(events, "\noom_kill 2") {
			t.Errorf("the container's cgroup has counted %s", events)
		}
		if s := inspect(t, "web").State; !s.Running || s.OOMKilled {
			t.Errorf("the container is %+v", s)
		}
		// The children of the bomb would keep its output open.
		r := run(t, "exec", "web", "sh", "-c", "probe bomb 2 >/dev/shm/refused 2>&1; exec cat /dev/shm/refused")
		n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(r.Stdout, "refused ")))
		if err != nil || n == 0 || r.Status != 0 {
			t.Errorf("exit status %d: %s%s", r.Status, r.Stdout, r.Stderr)
		}
		run(t, "exec", "-d", "web", "probe", "bomb", "1000").OK(t)
		eventually(t, func() string {
			if got := readCgroup(t, "web", "pids.current"); got != "40" {
				return "pids.current is " + got
			}
			return ""
		})
		// There is always room to enter, as one may look what is wrong: a move is not refused, and is counted all the same.
		run(t, "exec", "web", "true").OK(t)
		if n, err := strconv.Atoi(readCgroup(t, "web", "pids.current")); err != nil || n > 41 {
			t.Errorf("it has %d processes, %v", n, err)
		}
		run(t, "rm", "-f", "web").OK(t)
		nothingIsLeft(t)
	}
}

func TestExecManyAtOnce(t *testing.T) {
	n := 20
	if testing.Short() {
		n = 8
	}
	detach(t, "web", "-m", "200m", rootfs, "probe", "sleep", "1000")
	var lists [][]string
	for i := range n {
		flag := "-e=X=" + strconv.Itoa(i)
		if i%4 == 3 {
			flag = "-t"
		}
		lists = append(lists, []string{"exec", flag, "web", "cat", "/proc/self/cgroup"})
	}
	began := time.Now()
	parallel(t, lists, func(out string) bool { return strings.TrimSpace(out) == "0::/" })
	t.Logf("%d at once took %v", n, time.Since(began))
	run(t, "rm", "-f", "web").OK(t)
	nothingIsLeft(t)
}

// A manager inside has made cgroups below the container's and has moved the first process there.
func TestExecWhereTheContainerHasMoved(t *testing.T) {
	testenv.Unprivileged(t)
	detach(t, "web", "-m", "100m", "--cgroup-writable", rootfs, "sh", "-c",
		`cd /sys/fs/cgroup; mkdir init.scope; echo 0 >init.scope/cgroup.procs; for p in $(cat cgroup.procs); do echo $p >init.scope/cgroup.procs; done; echo ready; exec probe sleep 1000`)
	logged(t, "web", "ready")
	dir := scopeOf(t, "web") + "/container/init.scope"
	mustBeRefused(t, dir)
	run(t, "exec", "-d", "web", "sleep", "6543").OK(t)
	processIn(t, dir, "sleep", "6543")
	if r := run(t, "exec", "web", "cat", "/proc/self/cgroup"); r.Status != 0 || filepath.Base(strings.TrimSpace(r.Stdout)) != "init.scope" {
		t.Errorf("exit status %d: %s%s", r.Status, r.Stdout, r.Stderr)
	}
	run(t, "rm", "-f", "web").OK(t)
	nothingIsLeft(t)
}

// One that is paused would keep the command from ever beginning.
func TestExecIntoAPausedContainer(t *testing.T) {
	detach(t, "still", rootfs, "probe", "sleep", "1000")
	run(t, "pause", "still").OK(t)
	for _, how := range [][]string{{"exec", "still", "true"}, {"exec", "-t", "still", "true"}, {"exec", "-d", "still", "true"}} {
		run(t, how...).Refused(t, 125, `"still" is paused`, "urun unpause still")
	}
	run(t, "unpause", "still").OK(t)
	run(t, "exec", "still", "true").OK(t)
	run(t, "rm", "-f", "still").OK(t)
	nothingIsLeft(t)
}
