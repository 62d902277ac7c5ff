package terminal

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/urun-project/urun/test/testenv"
)

func TestATerminalIsGivenByItself(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, c := range []struct{ flag, want string }{{"--init", "/dev/pts/0"}, {"--no-init", "/dev/pts/0"}, {"-t", "/dev/pts/0"}, {"-it", "/dev/pts/0"}, {"--no-tty", "not a tty"}} {
			s := urun(t, rootfs, userns, c.flag, "ROOTFS", "sh", "-c", "tty; true </dev/tty && echo controlling; echo done")
			s.sees(c.want)
			if c.flag != "--no-tty" {
				s.sees("controlling")
			}
			s.sees("done")
			if n := s.ends(); n != 0 {
				t.Errorf("%s: exit status %d", c.flag, n)
			}
			s.leftAsItWas()
		}
		// Standard output is no terminal: none is given.
		r := kit.Run(t, userns, rootfs, "tty")
		if r.Status != 1 || r.Stdout != "not a tty\n" {
			t.Errorf("without a terminal: exit status %d %q", r.Status, r.Stdout)
		}
	})
}

func TestTheSizeFollows(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		s := urun(t, kit.Rootfs(t), userns, "ROOTFS", "sh", "-c", `stty size; trap 'echo resized; stty size' WINCH; echo waiting; while :; do sleep 0.02; done`)
		s.sees("24 80")
		s.sees("waiting")
		if err := pty.Setsize(s.master, &pty.Winsize{Rows: 41, Cols: 123}); err != nil {
			t.Fatal(err)
		}
		s.sees("resized")
		s.sees("41 123")
		s.types(ctrlC)
		if n := s.ends(); n != 130 {
			t.Errorf("exit status %d", n)
		}
	})
}

func TestJobControlInside(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init"} {
			s := urun(t, rootfs, userns, mode, "-e", "PS1=in> ", "ROOTFS", "sh", "-i")
			s.sees("in> ")
			s.until("the terminal is raw", s.raw)
			s.types("sleep 100\r")
			s.sees("sleep 100\r\n")
			inForeground(s, "sleep")
			s.types(ctrlZ)
			s.sees("Stopped")
			s.sees("in> ")
			s.types("jobs\r")
			s.sees("Stopped")
			s.types("fg\r")
			s.sees("sleep 100")
			inForeground(s, "sleep")
			s.types(ctrlC)
			s.sees("in> ")
			s.types("echo status=$?\r")
			s.sees("status=130\r\n")
			s.types("exit 3\r")
			if n := s.ends(); n != 3 {
				t.Errorf("%s: exit status %d", mode, n)
			}
			s.leftAsItWas()
		}
	})
}

func TestKeysEndTheCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, c := range []struct {
			flag, key string
			want      int
		}{{"-t", ctrlC, 130}, {"--no-tty", ctrlC, 130}, {"-t", ctrlBack, 131}, {"--no-tty", ctrlBack, 131}} {
			s := urun(t, rootfs, userns, c.flag, "ROOTFS", "sh", "-c", "echo ready; exec sleep 100")
			s.sees("ready")
			inForeground(s, "sleep")
			s.types(c.key)
			if n := s.ends(); n != c.want {
				t.Errorf("%s %q: exit status %d, want %d\n%s", c.flag, c.key, n, c.want, s.shown())
			}
			s.leftAsItWas()
		}
	})
}

func TestTheTerminalIsLeftAsItWas(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, c := range []struct {
			command []string
			want    int
		}{
			{[]string{"ROOTFS", "sh", "-c", "stty raw -echo; exit 4"}, 4},
			{[]string{"ROOTFS", "no-such-command"}, 127},
			{[]string{"ROOTFS", "/etc/passwd"}, 126},
			{[]string{"-w", "/nowhere", "ROOTFS", "true"}, 125},
			{[]string{"-u", "nosuchuser", "ROOTFS", "true"}, 125},
			{[]string{"-v", "/nowhere:/x", "ROOTFS", "true"}, 125},
		} {
			s := urun(t, rootfs, append([]string{userns, "-t"}, c.command...)...)
			if n := s.ends(); n != c.want {
				t.Errorf("%v: exit status %d, want %d\n%s", c.command, n, c.want, s.shown())
			}
			s.leftAsItWas()
			if c.want < 125 {
				continue
			}
			s.sees("urun: ")
			s.sees("\r\n")
			if all := s.shown(); strings.Count(all, "\n") != 1 {
				t.Errorf("%v: shown is %q", c.command, all)
			}
		}
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
			s := urun(t, rootfs, userns, "-t", "ROOTFS", "sh", "-c", "echo ready; exec sleep 100")
			s.sees("ready")
			s.until("the terminal is raw", s.raw)
			inForeground(s, "sleep")
			if err := s.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if n := s.ends(); n != 128+int(sig) {
				t.Errorf("%v: exit status %d", sig, n)
			}
			s.leftAsItWas()
		}
	})
}

func TestNothingOfTheOutputIsLost(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init"} {
			s := urun(t, rootfs, userns, mode, "ROOTFS", "seq", "1", "20000")
			if n := s.ends(); n != 0 {
				t.Errorf("exit status %d", n)
			}
			s.sees("\n19999\r\n20000\r\n")
			if n := strings.Count(s.shown(), "\n"); n != 20000 {
				t.Errorf("%s: %d lines", mode, n)
			}
		}
	})
}

func TestHangingUpEndsTheContainer(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"-t", "--no-tty"} {
			s := urun(t, rootfs, userns, mode, "ROOTFS", "sh", "-c", "echo ready; exec sleep 100")
			s.sees("ready")
			inForeground(s, "sleep")
			s.slave.Close()
			s.master.Close()
			select {
			case <-s.ended:
			case <-deadline():
				t.Fatalf("%s: it lives on", mode)
			}
			if got := fmt.Sprint(s.cmd.ProcessState); got != "exit status 129" && got != "signal: hangup" {
				t.Errorf("%s: %s", mode, got)
			}
		}
	})
}
