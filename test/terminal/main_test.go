// Package terminal sits at a terminal as people do: types, presses keys, resizes, hangs up, and looks at what becomes of
// urun, of the command in the container and of the terminal.
package terminal

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

const (
	ctrlC    = "\x03"
	ctrlZ    = "\x1a"
	ctrlBack = "\x1c" // SIGQUIT
)

// seat is a terminal of 24 lines and 80 columns with a command that has it as its controlling terminal.
type seat struct {
	*testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File // stays open, so that the modes can be read after the command's end
	before unix.Termios
	ended  chan struct{} // closed when the command has ended

	mu   sync.Mutex
	text bytes.Buffer // what came out
	read int          // how much of it was expected already
}

// sit starts the command at a new terminal.
func sit(t *testing.T, command ...string) *seat {
	t.Helper()
	return sitWith(t, [3]*os.File{}, command...)
}

// sitWith starts it with some of the standard descriptors something else: those that are not nil.
func sitWith(t *testing.T, redirected [3]*os.File, command ...string) *seat {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	master = pollable(t, master)
	s := &seat{T: t, cmd: exec.Command(command[0], command[1:]...), master: master, slave: slave, ended: make(chan struct{})}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	s.before = s.modes()
	files := [3]*os.File{slave, slave, slave}
	for i, f := range redirected {
		if f != nil {
			files[i] = f
		}
	}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr, s.cmd.ExtraFiles = files[0], files[1], files[2], []*os.File{slave}
	s.cmd.Env = append(os.Environ(), "TERM=dumb", "PS1=host> ")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.copy()
	go func() {
		// The status is asked of ProcessState.
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		// A test that failed may leave it.
		_ = s.cmd.Process.Kill()
		<-s.ended
		slave.Close()
		master.Close()
	})
	return s
}

// pollable opens a file once more so that it can be closed while it is read: that is how a terminal hangs up.
func pollable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "master")
}

// urun sits down and starts a container with these flags and this command.
func urun(t *testing.T, rootfs string, words ...string) *seat {
	t.Helper()
	args := []string{kit.Urun}
	for i, w := range words {
		if w == "ROOTFS" {
			return sit(t, append(append(append(args, words[:i]...), rootfs), words[i+1:]...)...)
		}
	}
	t.Fatal("no ROOTFS among the arguments")
	return nil
}

func (s *seat) copy() {
	b := make([]byte, 4096)
	for {
		n, err := s.master.Read(b)
		s.mu.Lock()
		s.text.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *seat) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// types is what a person at the keyboard does.
func (s *seat) types(keys string) {
	s.Helper()
	if _, err := s.master.WriteString(keys); err != nil {
		s.Fatal(err)
	}
}

// sees waits until the text is shown, after all that was seen before.
func (s *seat) sees(text string) {
	s.Helper()
	for end := time.Now().Add(testenv.Deadline); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		all := s.shown()
		if i := strings.Index(all[s.read:], text); i >= 0 {
			s.read += i + len(text)
			return
		}
	}
	s.Fatalf("%q is not shown; this is:\n%s", text, s.shown())
}

// ends waits for the end of what was started and gives its exit status.
func (s *seat) ends() int {
	s.Helper()
	select {
	case <-s.ended:
	case <-time.After(testenv.Deadline):
		s.Fatalf("it does not end; shown is:\n%s", s.shown())
	}
	if s.cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
		s.Fatalf("%v; shown is:\n%s", s.cmd.ProcessState, s.shown())
	}
	return s.cmd.ProcessState.ExitCode()
}

func (s *seat) modes() unix.Termios {
	s.Helper()
	m, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS)
	if err != nil {
		s.Fatal(err)
	}
	return *m
}

// raw tells whether keys reach the program as they are.
func (s *seat) raw() bool { return s.modes().Lflag&(unix.ICANON|unix.ISIG|unix.ECHO) == 0 }

// leftAsItWas fails the test if the terminal's modes are not those from before.
func (s *seat) leftAsItWas() {
	s.Helper()
	if now := s.modes(); now != s.before {
		s.Errorf("the terminal's modes were changed:\nbefore %+v\nnow    %+v", s.before, now)
	}
}

// until waits for a condition.
func (s *seat) until(what string, done func() bool) {
	s.Helper()
	if !happens(done) {
		s.Fatalf("it does not happen that %s; shown is:\n%s", what, s.shown())
	}
}

func happens(done func() bool) bool {
	for end := time.Now().Add(testenv.Deadline); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

// state is a process's, see proc_pid_stat(5): "T" is stopped; "" when there is no such process.
func state(t *testing.T, pid string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b[bytes.LastIndexByte(b, ')')+2])
}
