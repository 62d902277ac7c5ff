package terminal

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// at sits down at a terminal and gives urun a command about the containers of h.
func at(t *testing.T, h *testenv.Home, args ...string) *seat {
	t.Helper()
	return sit(t, append([]string{"env", "XDG_RUNTIME_DIR=" + h.Runtime, "XDG_STATE_HOME=" + h.State, h.Urun}, args...)...)
}

const (
	ctrlP = "\x10"
	ctrlQ = "\x11"
)

func TestTwoWhoAreAttachedSeeTheSame(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		h.Detach([]string{"-i", "-t", "--name", "a", "-e", "PS1=in> "}, "sh")
		one := at(t, h, "attach", "a")
		one.until("the terminal is raw", one.raw)
		one.types("echo $((1+1))\r")
		one.sees("\n2\r\n")
		two := at(t, h, "attach", "a")
		two.until("the terminal is raw", two.raw)
		two.types("echo $((10+20))\r")
		two.sees("\n30\r\n")
		one.sees("\n30\r\n")
		one.types("tty\r")
		one.sees("/dev/pts/0")
		two.sees("/dev/pts/0")
		one.types(ctrlP + ctrlQ)
		if n := one.ends(); n != 0 {
			t.Errorf("detached: exit status %d\n%s", n, one.shown())
		}
		one.leftAsItWas()
		two.types("exit 6\r")
		if n := two.ends(); n != 6 {
			t.Errorf("exit status %d\n%s", n, two.shown())
		}
		two.leftAsItWas()
		h.Run("attach", "a").Refused(t, 125, "does not run")
		h.Run("rm", "a").OK(t)
	})
}

func TestTheKeysThatDetach(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Detach([]string{"-t", "-i", "--name", "a"}, "sh", "-c", "stty -echo raw; cat")
	for _, c := range []struct{ flag, keys, before string }{
		{"ctrl-p,ctrl-q", ctrlP + ctrlQ, ctrlP + "x"}, {"ctrl-a,x", "\x01x", ctrlP + ctrlQ + "\x01y"}, {"q", "q", ctrlP},
	} {
		s := at(t, h, "attach", "--detach-keys", c.flag, "a")
		s.until("the terminal is raw", s.raw)
		s.types(c.before + "z")
		s.sees("z")
		s.types(c.keys)
		if n := s.ends(); n != 0 {
			t.Errorf("%s: exit status %d\n%s", c.flag, n, s.shown())
		}
		s.leftAsItWas()
	}
	s := at(t, h, "attach", "--detach-keys", "none", "a")
	s.until("the terminal is raw", s.raw)
	s.types(ctrlP + ctrlQ + "w")
	s.sees(ctrlP + ctrlQ + "w")
	h.Run("rm", "-f", "a").OK(t)
	if n := s.ends(); n != 137 {
		t.Errorf("exit status %d\n%s", n, s.shown())
	}
	s.leftAsItWas()
	h.Run("attach", "--detach-keys", "nonsense", "a").Refused(t, 125, "--detach-keys")
}

// A container without a terminal leaves the caller's as it is, with IXON, for which Ctrl-Q is a key of its own, and lines that
// end with Enter. The way out is there all the same, also after Ctrl-D, and with nothing sent.
func TestTheKeysThatDetachFromWhatHasNoTerminal(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Detach([]string{"--name", "a"}, "sh", "-c", "while sleep 0.02; do echo tick; done")
	for _, c := range []struct {
		before string
		flags  []string
	}{{"", nil}, {"\x04", nil}, {"typed\n", nil}, {"", []string{"--no-stdin"}}} {
		s := at(t, h, slices.Concat([]string{"attach"}, c.flags, []string{"a"})...)
		s.sees("tick")
		s.until("Ctrl-Q is a key", func() bool { return s.modes().Iflag&unix.IXON == 0 })
		if c.before != "" {
			s.types(c.before)
			time.Sleep(50 * time.Millisecond) // it is read by itself
		}
		s.types(ctrlP + ctrlQ)
		if n := s.ends(); n != 0 {
			t.Errorf("%q: exit status %d\n%s", c.before, n, s.shown())
		}
		s.leftAsItWas()
	}
	if r := h.Run("ps", "-q"); strings.Count(r.Stdout, "\n") != 1 {
		t.Errorf("running are %q", r.Stdout)
	}
	h.Run("rm", "-f", "a").OK(t)
}

func TestTheSizeFollowsWhoIsAttached(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Detach([]string{"-t", "--name", "a"}, "sh", "-c", `trap 'stty size' WINCH; while :; do sleep 0.02; done`)
	s := at(t, h, "attach", "a")
	s.sees("24 80")
	if err := pty.Setsize(s.master, &pty.Winsize{Rows: 41, Cols: 123}); err != nil {
		t.Fatal(err)
	}
	s.sees("41 123")
	h.Run("rm", "-f", "a").OK(t)
	s.ends()
}

// The terminal, or the network to it, is gone, and the container is not. Keeps away: a terminal that hung up was the end
// of the input for a command that has none itself.
func TestHangingUpOnlyDetaches(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		for _, flags := range [][]string{{"-it"}, {"-i"}, {}} {
			h.Detach(append(flags, "--name", "a"), "sh", "-c", "while sleep 0.02; do echo tick; done")
			pid := h.Inspect("a").State.SupervisorPid
			s := at(t, h, "attach", "a")
			s.sees("tick")
			files := len(testenv.Descriptors(pid))
			s.slave.Close()
			s.master.Close()
			select {
			case <-s.ended:
			case <-deadline():
				t.Fatalf("%v: it lives on", flags)
			}
			h.Until("urun lets go of who was attached", func() bool { return len(testenv.Descriptors(pid)) == files-1 })
			again := at(t, h, "attach", "a")
			again.sees("tick")
			kill(t, itoa(again.cmd.Process.Pid), syscall.SIGKILL)
			h.Until("urun lets go of who was attached", func() bool { return len(testenv.Descriptors(pid)) == files-1 })
			if state := h.Inspect("a").State.Status; state != "running" {
				t.Errorf("%v: it is %s", flags, state)
			}
			h.Run("rm", "-f", "a").OK(t)
		}
	})
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestAttachedWithoutATerminal(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		// Both streams apart, input to its end, and the status is the command's.
		h.Detach([]string{"-i", "--name", "a"}, "sh", "-c", "cat; echo err >&2; exit 9")
		c := h.Command("attach", "a")
		c.Stdin = strings.NewReader("typed\nand no newline")
		if r := testenv.Finish(t, c); r.Status != 9 || r.Stdout != "typed\nand no newline" || r.Stderr != "err\n" {
			t.Errorf("exit status %d, %q, %q", r.Status, r.Stdout, r.Stderr)
		}
		if r := h.Run("logs", "a"); r.Stdout != "typed\nand no newline" || r.Stderr != "err\n" {
			t.Errorf("the log has %q, %q", r.Stdout, r.Stderr)
		}
		// Of one that is killed it is that of the signal; without -i nothing is read.
		h.Detach([]string{"--name", "b"}, "sh", "-c", "cat; until test -e /go; do sleep 0.01; done; kill -9 $$")
		c = h.Command("attach", "b")
		c.Stdin = strings.NewReader("typed\n")
		if err := os.WriteFile(h.Rootfs+"/go", nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if r := testenv.Finish(t, c); r.Status != 137 && r.Status != 125 || r.Stdout != "" {
			t.Errorf("exit status %d, %q, %q", r.Status, r.Stdout, r.Stderr)
		}
		// A signal reaches the command.
		h.Detach([]string{"--name", "c"}, "sh", "-c", "while sleep 0.02; do echo tick; done & exec probe catch USR1 INT")
		h.Until("it is ready", func() bool { return strings.Contains(h.Run("logs", "c").Stdout, "ready\n") })
		s := at(t, h, "attach", "c")
		s.sees("tick") // until it is attached a signal may be lost
		h.Until("the signal arrives", func() bool {
			kill(t, itoa(s.cmd.Process.Pid), syscall.SIGUSR1)
			return strings.Contains(s.shown(), "SIGUSR1")
		})
		kill(t, itoa(s.cmd.Process.Pid), syscall.SIGTERM)
		if n := s.ends(); n != 7 {
			t.Errorf("exit status %d\n%s", n, s.shown())
		}
		h.Run("rm", "a", "b", "c").OK(t) // at once
	})
}

func TestAttachWhereThereIsNothingToAttachTo(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Run("attach", "nosuch").Refused(t, 125, `"nosuch"`)
	c := h.Command(h.Args([]string{"--name", "front"}, "sh", "-c", "echo; exec sleep 1000")...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	h.Until("it is listed", func() bool { return len(h.All()) == 1 })
	h.Run("attach", "front").Refused(t, 125, "foreground", "urun exec")
	h.Run("logs", "front").Refused(t, 125, "foreground")
	h.Run("stop", "-t", "0", "front").OK(t)
	if err := c.Wait(); c.ProcessState.ExitCode() != 137 {
		t.Errorf("%v", err)
	}
	h.Detach([]string{"--name", "a"}, "sleep", "1000")
	pid := h.Inspect("a").State.SupervisorPid
	s := at(t, h, "attach", "a")
	h.Until("urun is attached", func() bool { return strings.Count(strings.Join(testenv.Descriptors(pid), " "), "socket:") >= 2 })
	kill(t, itoa(pid), syscall.SIGKILL)
	s.sees("urun ps -a")
	s.sees("\r\n")
	if n := s.ends(); n != 125 || strings.Count(s.shown(), "\n") != 1 {
		t.Errorf("exit status %d, %q", n, s.shown())
	}
	s.leftAsItWas()
	h.Run("rm", "a").OK(t)
}

func TestATerminalForAFurtherCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		s := at(t, h, "exec", "a", "sh", "-c", `tty; until test "$(stty size 2>/dev/null)" = "24 80"; do sleep 0.01; done; trap 'stty size' WINCH; echo waiting; read x; echo "got $x"; while :; do sleep 0.02; done`)
		s.sees("/dev/pts/")
		s.sees("waiting") // it has begun a moment before the terminal has its size
		s.until("the terminal is raw", s.raw)
		s.types("typed\r")
		s.sees("got typed")
		if err := pty.Setsize(s.master, &pty.Winsize{Rows: 41, Cols: 123}); err != nil {
			t.Fatal(err)
		}
		s.sees("41 123")
		s.types(ctrlC)
		if n := s.ends(); n != 130 {
			t.Errorf("exit status %d\n%s", n, s.shown())
		}
		s.leftAsItWas()
		// Job control is the container's shell's.
		s = at(t, h, "exec", "-e", "PS1=in> ", "a", "sh")
		s.sees("in> ")
		s.until("the terminal is raw", s.raw)
		s.types("sleep 1000\r")
		s.sees("sleep 1000\r\n")
		h.Until("it runs", func() bool { return strings.Count(h.Run("top", "a", "comm").Stdout, "sleep") >= 2 })
		s.types(ctrlZ)
		s.sees("Stopped")
		s.types("kill %1; exit 4\r")
		s.until("it has ended or asks again", func() bool {
			select {
			case <-s.ended:
				return true
			default:
			}
			if strings.Contains(s.shown()[s.read:], "stopped jobs") {
				s.types("exit 4\r")
			}
			return false
		})
		if n := s.ends(); n != 4 {
			t.Errorf("exit status %d\n%s", n, s.shown())
		}
		s.leftAsItWas()
		// A terminal that hangs up ends the command, and nothing else.
		s = at(t, h, "exec", "a", "sh", "-c", "echo ready; exec sleep 1001")
		s.sees("ready")
		s.slave.Close()
		s.master.Close()
		select {
		case <-s.ended:
		case <-deadline():
			t.Fatal("it lives on")
		}
		h.Until("its command has ended", func() bool { return !strings.Contains(h.Run("top", "a", "args").Stdout, "1001") })
		h.Run("exec", "a", "true").OK(t)
		h.Run("rm", "-f", "a").OK(t)
	})
}

func TestStoppedByKeyAndWokenInTheShell(t *testing.T) {
	testenv.Need(t, "bash")
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Detach([]string{"--name", "a"}, "sleep", "1000")
	s := sit(t, "env", "XDG_RUNTIME_DIR="+h.Runtime, "XDG_STATE_HOME="+h.State, "bash", "--norc", "--noprofile", "-i")
	s.sees("host> ")
	s.types(h.Urun + " exec --no-tty a sleep 1000\r")
	h.Until("it runs", func() bool { return strings.Count(h.Run("top", "a", "comm").Stdout, "sleep") == 2 })
	s.types(ctrlZ)
	s.sees("Stopped")
	s.sees("host> ")
	s.types("fg\r")
	s.sees("fg\r\n")
	s.sees("sleep 1000")
	h.Until("it runs again", func() bool { return !strings.Contains(h.Run("top", "a", "state").Stdout, "\nT") })
	s.types(ctrlC)
	s.sees("host> ")
	s.types("echo status=$?\r")
	s.sees("status=130\r\n")
	s.types("exit 0\r")
	s.ends()
	h.Run("rm", "-f", "a").OK(t)
}
