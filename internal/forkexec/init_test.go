package forkexec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests of this file run the init as a program of its own, without the launch before it: by hand, and for another
// architecture under an emulator, which refuses the clone(2) that all other tests need. An emulated vfork(2) shares no
// memory, so there an init that forks cannot tell why its command did not start; one that does not fork can.

// initProgram is a command that is the init, with argv for the container's command. URUN_TEST_EMULATOR runs it, if set.
func initProgram(t *testing.T, c InitConfig, argv ...string) *exec.Cmd {
	t.Helper()
	const control = 3 // the first of ExtraFiles
	file := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(file, initImage(c, 0, control), 0o755); err != nil {
		t.Fatal(err)
	}
	line := append([]string{file}, argv...)
	if emulator := os.Getenv("URUN_TEST_EMULATOR"); emulator != "" {
		line = append([]string{emulator}, line...)
	}
	return exec.Command(line[0], line[1:]...)
}

// controlled gives the command the control socket that makes it believe urun started it; nobody listens at the other end.
func controlled(t *testing.T, c *exec.Cmd) *exec.Cmd {
	t.Helper()
	if err := unix.Shutdown(socket(t, c), unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	return c
}

// socket gives the command a control socket and returns urun's end.
func socket(t *testing.T, c *exec.Cmd) (urun int) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(pair[0]) })
	theirs := os.NewFile(uintptr(pair[1]), "control")
	t.Cleanup(func() { theirs.Close() })
	c.ExtraFiles = []*os.File{theirs}
	return pair[0]
}

func ended(t *testing.T, err error) int {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

func TestInitEndsWithTheCommandsStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -KILL $$": 137} {
		c := InitConfig{Candidates: []string{"/nowhere/sh", "/bin/sh"}, HostPid: true}
		if got := ended(t, run(controlled(t, initProgram(t, c, "sh", "-c", script)))); got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
}

func TestInitWithoutACommandIs127(t *testing.T) {
	c := InitConfig{Candidates: []string{"/nowhere/sh", "/none/sh"}, HostPid: true}
	if got := ended(t, run(controlled(t, initProgram(t, c, "sh")))); got != 127 {
		t.Errorf("status %d, want 127", got)
	}
}

func TestInitThatUrunDidNotStartIs126(t *testing.T) {
	c := InitConfig{Candidates: []string{"/bin/sh"}, HostPid: true}
	if got := ended(t, run(initProgram(t, c, "sh", "-c", "exit 0"))); got != 126 {
		t.Errorf("status %d, want 126: a program of a rootfs that names /proc/self/exe must not get on", got)
	}
}

// An earlier candidate that may not be executed is passed over, as in execvp(3), and the one after it counts: the init
// once took the errno of the first for a failure of the second and ended.
func TestInitGoesOnAfterACandidateThatMayNotBeExecuted(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "sh")
	if err := os.WriteFile(plain, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := InitConfig{Candidates: []string{plain, "/bin/sh"}, HostPid: true}
	if got := ended(t, run(controlled(t, initProgram(t, c, "sh", "-c", "exit 7")))); got != 7 {
		t.Errorf("status %d, want 7", got)
	}
}

// The report is what urun chooses 126 or 127 by, and the words.
func TestInitReportsWhyNothingRuns(t *testing.T) {
	dir := t.TempDir()
	plain, script := filepath.Join(dir, "plain"), filepath.Join(dir, "script")
	for name, mode := range map[string]os.FileMode{plain: 0o644, script: 0o755} {
		if err := os.WriteFile(name, []byte("#!/nowhere/interpreter\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name             string
		candidates       []string
		errno, candidate uint64
	}{
		{"none is there", []string{"/nowhere/sh", "/etc/passwd/sh"}, uint64(unix.ENOENT), 0},
		{"the second may not be executed", []string{"/nowhere/sh", plain}, uint64(unix.EACCES), 1},
		{"the second lacks its interpreter", []string{"/nowhere/sh", script, "/bin/sh"}, 0x1000 | uint64(unix.ENOENT), 1},
	} {
		for _, config := range []InitConfig{{HostPid: true, NoFork: true}, {HostPid: true}, {Leave: true}} {
			noFork := config.NoFork
			if !noFork && os.Getenv("URUN_TEST_EMULATOR") != "" {
				continue // see above
			}
			config.Candidates = tt.candidates
			c := initProgram(t, config, "sh", "-c", "exit 0")
			urun := socket(t, c)
			status := 126
			if tt.errno&0xfff == uint64(unix.ENOENT) {
				status = 127
			}
			if got := ended(t, run(c)); got != status {
				t.Errorf("%s, no fork %v: status %d, want %d", tt.name, noFork, got, status)
			}
			report := make([]byte, 32)
			n, _, err := unix.Recvfrom(urun, report, unix.MSG_DONTWAIT)
			if err != nil || n != 16 {
				t.Errorf("%s, no fork %v: a report of %d bytes, %v", tt.name, noFork, n, err)
				continue
			}
			if e, i := binary.LittleEndian.Uint64(report), binary.LittleEndian.Uint64(report[8:]); e != tt.errno || e&0xfff != uint64(unix.ENOENT) && i != tt.candidate {
				t.Errorf("%s, no fork %v: errno %#x of candidate %d, want %#x of %d", tt.name, noFork, e, i, tt.errno, tt.candidate)
			}
		}
	}
}

// When its command was killed, the init asks before it ends: the cgroup's count of kills for memory goes with it.
func TestInitWaitsForAnAnswerAfterAKill(t *testing.T) {
	for _, answer := range []bool{true, false} {
		c := initProgram(t, InitConfig{Candidates: []string{"/bin/sh"}, HostPid: true, Ask: true}, "sh", "-c", "kill -KILL $$")
		urun := socket(t, c)
		if err := startBlocked(c); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 32)
		for _, want := range []int{1, 2} {
			if n, _, err := unix.Recvfrom(urun, buf, 0); n != want || err != nil {
				t.Fatalf("a message of %d bytes, %v, want %d", n, err, want)
			}
		}
		time.Sleep(50 * time.Millisecond)
		var ws syscall.WaitStatus
		if pid, err := syscall.Wait4(c.Process.Pid, &ws, syscall.WNOHANG, nil); pid != 0 || err != nil {
			t.Fatalf("it has not waited: %d, %v, %v", pid, err, ws)
		}
		if answer {
			_, err := unix.Write(urun, []byte{1})
			if err != nil {
				t.Fatal(err)
			}
		} else if err := unix.Shutdown(urun, unix.SHUT_RDWR); err != nil {
			t.Fatal(err)
		}
		if got := ended(t, c.Wait()); got != 137 {
			t.Errorf("status %d, want 137", got)
		}
	}
}

// A process whose parent has ended is the init's, and must not stay a zombie. unshare makes the init the first process
// of a pid namespace: the emulator does not have PR_SET_CHILD_SUBREAPER.
func TestInitReapsOrphans(t *testing.T) {
	const script = `orphan=$(sh -c 'sleep 0.05 >/dev/null & echo $!')
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; kill -0 $orphan || exit 9; done 2>/dev/null`
	c := controlled(t, initProgram(t, InitConfig{Candidates: []string{"/bin/sh"}}, "sh", "-c", script))
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Fatal(err)
	}
	c.Path, c.Args = unshare, append([]string{"unshare", "-Ur", "-pf"}, c.Args...)
	if got := ended(t, run(c)); got != 9 {
		t.Errorf("status %d, want 9: the orphan is gone", got)
	}
}

func TestInitPassesSignalsOnAndReaps(t *testing.T) {
	c := controlled(t, initProgram(t, InitConfig{Candidates: []string{"/bin/sh"}, HostPid: true},
		"sh", "-c", `(sleep 0.1 &); trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done`))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := startBlocked(c); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
		t.Fatalf("read %q, %v", line, err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, c.Wait()); got != 9 {
		t.Errorf("status %d, want 9: the command's trap", got)
	}
}

func run(c *exec.Cmd) error {
	if err := startBlocked(c); err != nil {
		return err
	}
	return c.Wait()
}

// startBlocked starts a command with all signals blocked, as the launch leaves them to the init.
func startBlocked(c *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return err
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }()
	return c.Start()
}

// An init that leaves its command tells that it runs, and ends before it does.
func TestInitLeavesTheCommand(t *testing.T) {
	c := initProgram(t, InitConfig{Candidates: []string{"/nowhere/sh", "/bin/sh"}, Leave: true}, "sh", "-c", "echo runs; read line; echo $line; exit 7")
	urun := socket(t, c)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, w, err := os.Pipe() // Wait would wait for the end of what StdoutPipe gives
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.Stdout = w
	if err := startBlocked(c); err != nil {
		t.Fatal(err)
	}
	w.Close()
	out := bufio.NewReader(r)
	if line, err := out.ReadString('\n'); err != nil || line != "runs\n" {
		t.Fatalf("read %q, %v", line, err)
	}
	state, err := c.Process.Wait()
	if err != nil || state.ExitCode() != 0 {
		t.Errorf("the init ended with %v, %v, want 0", state, err)
	}
	report := make([]byte, 32)
	if n, _, err := unix.Recvfrom(urun, report, unix.MSG_DONTWAIT); err != nil || n != 1 {
		t.Errorf("a report of %d bytes, %v, want 1", n, err)
	}
	if _, err := in.Write([]byte("still\n")); err != nil {
		t.Error(err)
	}
	if line, err := out.ReadString('\n'); err != nil || line != "still\n" {
		t.Errorf("the command said %q, %v after the init's end", line, err)
	}
}
