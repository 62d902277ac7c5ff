package forkexec

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// start runs a program.
func start(t *testing.T, p *Program, init InitConfig) *Child {
	t.Helper()
	return load(t, p, init, false)
}

func load(t *testing.T, p *Program, init InitConfig, timing bool) *Child {
	t.Helper()
	init.HostPid = true
	c, err := Spawn(0, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Load(p, init, timing); err != nil {
		t.Fatal(err)
	}
	return c
}

func exited(t *testing.T, c *Child) int {
	t.Helper()
	ws, err := c.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !ws.Exited() {
		t.Fatalf("ended by %v, want an exit", ws.Signal())
	}
	return ws.ExitStatus()
}

// runs waits until the command runs: one byte of the init's, or the end of the socket of what became the command.
func runs(t *testing.T, c *Child) {
	t.Helper()
	if m, ok, err := c.Receive(); err != nil || ok && len(m.Bytes) != 1 {
		t.Fatalf("the command does not run: %v, %v", m, err)
	}
}

func shell(script string) *Program {
	p := new(Program)
	p.Exec([]string{"sh", "-c", script}, []string{"PATH=/usr/bin:/bin"})
	return p
}

func TestTheCommandsStatusIsTheInits(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 128 + 15, "kill -KILL $$": 128 + 9} {
		for _, noFork := range []bool{false, true} {
			if noFork && strings.HasPrefix(script, "kill") {
				continue // the command is the child itself and ends by the signal
			}
			c := start(t, shell(script), InitConfig{Candidates: []string{"/nowhere/sh", "/bin/sh"}, NoFork: noFork})
			runs(t, c)
			c.Hangup()
			if got := exited(t, c); got != want {
				t.Errorf("%s (no fork: %v): status %d, want %d", script, noFork, got, want)
			}
		}
	}
}

// Keeps away: a candidate that may not be executed, before the one that ran, was
// reported as the command's failure.
func TestACandidateThatFailedDoesNotHideOneThatRan(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := start(t, shell("exit 4"), InitConfig{Candidates: []string{plain, "/bin/sh"}})
	runs(t, c)
	if got := exited(t, c); got != 4 {
		t.Errorf("status %d, want 4", got)
	}
}

func TestTheInitTellsWhyNoCandidateRan(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := write("plain", "x", 0o644)
	empty := write("garbage", "\x01\x02", 0o755)
	lost := write("lost", "#!/nowhere/interpreter\n", 0o755)
	tests := map[string]struct {
		candidates []string
		errno      uint64
		candidate  uint64
		status     int
	}{
		"absent":              {[]string{dir + "/a", dir + "/b"}, 2, 0, 127},
		"a file on the way":   {[]string{plain + "/a"}, 2, 0, 127},
		"not executable":      {[]string{dir + "/a", plain, dir + "/b"}, 13, 1, 126},
		"no known format":     {[]string{empty}, 8, 0, 126},
		"interpreter missing": {[]string{dir + "/a", lost}, 0x1002, 1, 127},
		"a directory":         {[]string{dir}, 13, 0, 126},
	}
	for name, test := range tests {
		for _, noFork := range []bool{false, true} {
			c := start(t, shell("exit 0"), InitConfig{Candidates: test.candidates, NoFork: noFork})
			m, ok, err := c.Receive()
			if !ok || err != nil || len(m.Bytes) != 16 {
				t.Fatalf("%s: no report: %v, %v", name, m, err)
			}
			errno, candidate := binary.LittleEndian.Uint64(m.Bytes), binary.LittleEndian.Uint64(m.Bytes[8:])
			if errno != test.errno || candidate != test.candidate {
				t.Errorf("%s (no fork: %v): errno %#x of candidate %d, want %#x of %d", name, noFork, errno, candidate, test.errno, test.candidate)
			}
			if got := exited(t, c); got != test.status {
				t.Errorf("%s: status %d, want %d", name, got, test.status)
			}
		}
	}
}

func TestSignalsReachTheCommandAndItsGroup(t *testing.T) {
	// The inner sh is of the group, not the command itself.
	const script = `trap 'exit 3' TERM; (trap 'echo group >out; exit' TERM; echo ready >started; while :; do sleep 0.01; done) & while :; do sleep 0.01; done`
	for _, group := range []bool{false, true} {
		dir := t.TempDir()
		p := new(Program)
		p.Call("", unix.SYS_SETSID)
		p.Call("", unix.SYS_CHDIR, dir)
		p.Exec([]string{"sh", "-c", script}, []string{"PATH=/usr/bin:/bin"})
		c := start(t, p, InitConfig{Candidates: []string{"/bin/sh"}})
		until(t, func() bool { _, err := os.Stat(dir + "/started"); return err == nil })
		if err := c.Signal(syscall.SIGTERM, group); err != nil {
			t.Fatal(err)
		}
		if got := exited(t, c); got != 3 {
			t.Errorf("group %v: status %d, want the trap's 3", group, got)
		}
		if group {
			until(t, func() bool { _, err := os.Stat(dir + "/out"); return err == nil })
		} else if _, err := os.Stat(dir + "/out"); err == nil {
			t.Error("a signal for the command reached its group")
		}
		_ = syscall.Kill(-c.Pid, syscall.SIGKILL) // what a host pid namespace left
	}
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited five seconds in vain")
}

// Keeps away: a program of the rootfs that names /proc/self/exe as its
// interpreter made the prototype's init fork without end.
func TestAProgramThatNamesTheInitEnds(t *testing.T) {
	script := filepath.Join(t.TempDir(), "self")
	if err := os.WriteFile(script, []byte("#!/proc/self/exe\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, noFork := range []bool{false, true} {
		c := start(t, shell(""), InitConfig{Candidates: []string{script}, NoFork: noFork})
		if got := exited(t, c); got != 126 {
			t.Errorf("no fork %v: status %d, want 126", noFork, got)
		}
	}
}

func TestAFailedStepIsNamed(t *testing.T) {
	p := new(Program)
	p.Call("there is none", unix.SYS_CHDIR, "/nowhere")
	p.Exec([]string{"true"}, nil)
	c := start(t, p, InitConfig{Candidates: []string{"/bin/true"}})
	if got := exited(t, c); got != 125 {
		t.Errorf("status %d, want 125", got)
	}
	f := c.Failure()
	if f == nil || f.Errno != unix.ENOENT || f.Call != `chdir("/nowhere")` || f.Step.Why != "there is none" {
		t.Errorf("failure is %v", f)
	}
}

func TestEveryStepCanFail(t *testing.T) {
	n := len(shell("exit 0").Steps())
	for i := range n {
		p := shell("exit 0")
		p.Fail(i, unix.EIO)
		c := start(t, p, InitConfig{Candidates: []string{"/bin/sh"}})
		if got := exited(t, c); got != 125 {
			t.Errorf("step %d: status %d, want 125", i, got)
		}
		if f := c.Failure(); f == nil || f.Index != i || f.Errno != unix.EIO {
			t.Errorf("step %d: failure is %v", i, f)
		}
	}
}

func TestAlternativesAreDoneOnTheirErrnosOnly(t *testing.T) {
	open := func(path string, fallback bool) *Child {
		p := new(Program)
		fd := p.Call("wanted", unix.SYS_OPENAT, unix.AT_FDCWD, path, unix.O_PATH|unix.O_CLOEXEC)
		if fallback {
			p.Else(fd, []syscall.Errno{unix.ENOENT}, func() any {
				in := p.Call("second choice", unix.SYS_OPENAT, unix.AT_FDCWD, "/nowhere/either", unix.O_PATH|unix.O_CLOEXEC)
				p.Else(in, []syscall.Errno{unix.ENOENT}, func() any {
					return p.Call("third choice", unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH|unix.O_CLOEXEC)
				})
				return in
			})
		}
		p.Call("the result of whichever worked", unix.SYS_FCHDIR, fd)
		p.Exec([]string{"true"}, nil)
		return start(t, p, InitConfig{Candidates: []string{"/bin/true"}})
	}
	if got := exited(t, open("/nowhere", true)); got != 0 {
		t.Errorf("with alternatives: status %d", got)
	}
	if got := exited(t, open("/usr", true)); got != 0 {
		t.Errorf("without need of them: status %d", got)
	}
	c := open("/nowhere", false)
	if exited(t, c); c.Failure().Step.Why != "wanted" {
		t.Errorf("failure is %v", c.Failure())
	}
	if exited(t, open("/bin/sh", true)) != 125 { // fchdir of a file: ENOTDIR
		t.Error("a file passed as a directory")
	}
}

// What depends on a step is left out where that fails with one of its errnos, and done otherwise.
// A parent that asked whether an alternative was done was told that it was not: its result is in another's place.
func TestAnAlternativesResultIsToldAsItsOwn(t *testing.T) {
	for path, done := range map[string]bool{"/nowhere": true, "/usr": false} {
		p := new(Program)
		fd := p.Call("wanted", unix.SYS_OPENAT, unix.AT_FDCWD, path, unix.O_PATH|unix.O_CLOEXEC)
		var second any
		p.Else(fd, []syscall.Errno{unix.ENOENT}, func() any {
			second = p.Call("second choice", unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH|unix.O_CLOEXEC)
			return second
		})
		p.Exec([]string{"true"}, nil)
		c := start(t, p, InitConfig{Candidates: []string{"/bin/true"}})
		if got := exited(t, c); got != 0 || (c.Result(second) >= 0) != done || c.Result(fd) < 0 || !done && c.Result(second) != NotDone {
			t.Errorf("%s: status %d, results %d and %d", path, got, c.Result(fd), c.Result(second))
		}
	}
}

func TestWhatDependsOnAStepIsDoneUnlessThatFails(t *testing.T) {
	run := func(path string) *Child {
		p := new(Program)
		fd := p.Call("wanted", unix.SYS_OPENAT, unix.AT_FDCWD, path, unix.O_PATH|unix.O_CLOEXEC)
		p.Unless(fd, []syscall.Errno{unix.ENOENT}, func() {
			inner := p.Call("a file in it", unix.SYS_OPENAT, fd, "nowhere", unix.O_PATH|unix.O_CLOEXEC)
			p.Unless(inner, []syscall.Errno{unix.ENOENT}, func() {
				p.Call("never", unix.SYS_CLOSE, 99999)
			})
			p.Call("use it", unix.SYS_FCHDIR, fd)
		})
		p.Exec([]string{"true"}, nil)
		if lines := strings.Join(p.Lines(), "\n"); !strings.Contains(lines, "(on ENOENT not the next 3)") || !strings.Contains(lines, "\n2        close(") {
			t.Errorf("it prints as\n%s", lines)
		}
		return start(t, p, InitConfig{Candidates: []string{"/bin/true"}})
	}
	if c := run("/nowhere"); exited(t, c) != 0 {
		t.Errorf("without it: %v", c.Failure())
	}
	if c := run("/usr"); exited(t, c) != 0 {
		t.Errorf("with it: %v", c.Failure())
	}
	if c := run("/bin/sh"); exited(t, c) != 125 || c.Failure() == nil || c.Failure().Step.Why != "a file in it" || c.Failure().Errno != unix.ENOTDIR {
		t.Errorf("with a file: %v", c.Failure())
	}
}

func TestChecksCompareWhatTheKernelWrote(t *testing.T) {
	run := func(want uint64) int {
		p := new(Program)
		buf := p.Data(make([]byte, 256))
		p.Call("ask", unix.SYS_STATX, unix.AT_FDCWD, "/", 0, unix.STATX_INO, buf)
		p.Check("the same directory", buf, 32, ^uint64(0), want, unix.ESTALE)
		p.Exec([]string{"true"}, nil)
		return exited(t, start(t, p, InitConfig{Candidates: []string{"/bin/true"}}))
	}
	var st unix.Stat_t
	if err := unix.Stat("/", &st); err != nil {
		t.Fatal(err)
	}
	if got := run(st.Ino); got != 0 {
		t.Errorf("the right inode: status %d", got)
	}
	if got := run(st.Ino + 1); got != 125 {
		t.Errorf("a wrong inode: status %d, want 125", got)
	}
}

func TestTheParentsEndHoldsTheBarriers(t *testing.T) {
	barrier := func() *Child {
		p := new(Program)
		p.Wait("until told")
		p.Alive("still there?")
		p.Exec([]string{"true"}, nil)
		return start(t, p, InitConfig{Candidates: []string{"/bin/true"}})
	}
	c := barrier()
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if got := exited(t, c); got != 0 {
		t.Errorf("released: status %d", got)
	}
	c, err := Spawn(0, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Hangup()
	if got := exited(t, c); got != 125 {
		t.Errorf("the parent's end closed before there was a program: status %d, want 125", got)
	}
	c = barrier()
	c.Hangup()
	if got := exited(t, c); got != 125 || c.Failure() != nil {
		t.Errorf("the parent's end closed: status %d, failure %v; want 125 and none", got, c.Failure())
	}
}

func TestTheChildInheritsNothing(t *testing.T) {
	leak, err := unix.Open("/", unix.O_PATH, 0) // on purpose without O_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	out := filepath.Join(t.TempDir(), "fds")
	c := start(t, shell("ls /proc/self/fd >"+out), InitConfig{Candidates: []string{"/bin/sh"}})
	exited(t, c)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(b)); len(got) != 4 { // 0, 1, 2 and ls's own
		t.Errorf("descriptors %v, want 0 1 2 and that of ls", got)
	}
}

func TestAWriterCannotChangeTheInit(t *testing.T) {
	f, err := newInit()
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if err := f.write(InitConfig{Candidates: []string{"/bin/true"}}, 0, 5); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Write(f.fd, []byte("x")); err == nil {
		t.Error("the init's descriptor can be written")
	}
	if _, err := unix.Write(f.writer, []byte("x")); err != unix.EPERM {
		t.Errorf("write to the sealed init: %v, want EPERM", err)
	}
	if code := len(initText()); code == 0 || code > 2048 {
		t.Errorf("the init's code is %d bytes", code)
	}
}

func TestResultsAndTimesAreReadBack(t *testing.T) {
	p := new(Program)
	missing := p.Call("", unix.SYS_CHDIR, "/nowhere")
	p.Tolerate(missing, unix.ENOENT)
	p.Exec([]string{"true"}, nil)
	c := load(t, p, InitConfig{Candidates: []string{"/bin/true"}}, true)
	exited(t, c)
	if got := c.Result(missing); got != -int64(unix.ENOENT) {
		t.Errorf("result %d, want the negated ENOENT", got)
	}
	last := int64(0)
	for i, at := range c.Times() {
		if at < last || at == 0 {
			t.Errorf("step %d began at %d, the one before at %d", i, at, last)
		}
		last = at
	}
}
