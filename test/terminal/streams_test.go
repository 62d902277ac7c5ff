package terminal

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// shell runs a line of the caller's shell, in which $run starts a container.
func shell(t *testing.T, userns, rootfs, line string) testenv.Result {
	t.Helper()
	return testenv.Finish(t, exec.Command("sh", "-c", `run="$0 $1 $2"; `+line, kit.Urun, userns, rootfs))
}

func TestStandardStreamsThatAreClosed(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, c := range []struct {
			line   string
			status int
			stdout string
		}{
			{"$run cat <&-", 0, ""},
			{"$run sh -c 'ls /proc/self/fd | wc -l' <&-", 0, "4\n"}, // and the directory itself
			{"$run true >&-", 0, ""},
			{"$run true 2>&-", 0, ""},
			{"$run true <&- >&- 2>&-", 0, ""},
			{"$run sh -c 'exit 9' <&- >&- 2>&-", 9, ""},
			{"$run no-such-command 2>&-", 127, ""},
			{"$run seq 100000 | head -n 1", 0, "1\n"},
			{"$run sh -c 'echo to stderr >&2' 2>&1", 0, "to stderr\n"},
			{"echo from outside | $run cat", 0, "from outside\n"},
		} {
			r := shell(t, userns, rootfs, c.line)
			if r.Status != c.status || r.Stdout != c.stdout {
				t.Errorf("%s: exit status %d, want %d; %q, want %q; %s", c.line, r.Status, c.status, r.Stdout, c.stdout, r.Stderr)
			}
		}
	})
}

// Asked for with -t although there is none outside.
func TestATerminalInsideWithoutOneOutside(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		c := exec.Command(kit.Urun, userns, "-t", rootfs, "sh", "-c", "stty -echo; cat; echo end; exit 6")
		c.Stdin = strings.NewReader("typed\n")
		r := testenv.Finish(t, c)
		if r.Status != 6 || r.Stderr != "" || !strings.HasSuffix(r.Stdout, "typed\r\nend\r\n") {
			t.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
		}
		for _, line := range []string{"$run <&- >&- 2>&-", "$run true >/dev/full", "$run cat </dev/null >&-"} {
			line = strings.Replace(line, "$run", "$0 $1 -t $2 true;:", 1)
			if r := shell(t, userns, rootfs, line); r.Status != 0 {
				t.Errorf("%s: exit status %d, %s", line, r.Status, r.Stderr)
			}
		}
	})
}

func TestTheStatusNamesTheSignal(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--no-tty", "-t"} {
			// Without SIGQUIT, which busybox's shell ignores.
			for _, sig := range []int{1, 2, 4, 6, 9, 11, 13, 15, 31, 64} {
				r := kit.Run(t, userns, mode, rootfs, "sh", "-c", fmt.Sprintf("ulimit -c 0; kill -%d $$; sleep 100", sig))
				if r.Status != 128+sig {
					t.Errorf("%s: signal %d: exit status %d %s", mode, sig, r.Status, r.Stderr)
				}
			}
		}
		for _, status := range []int{0, 1, 124, 125, 126, 127, 128, 255} {
			r := kit.Run(t, userns, rootfs, "sh", "-c", fmt.Sprintf("exit %d", status))
			if r.Status != status || r.Stderr != "" {
				t.Errorf("exit status %d, want %d, %s", r.Status, status, r.Stderr)
			}
		}
	})
}

// A child in the background holds the streams, as a daemon that an installation starts does.
func TestTheContainerEndsWithItsCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init", "-t"} {
			for _, start := range []string{"sleep 1000 &", "setsid sleep 1000 &", "(sleep 1000 &);"} {
				c := exec.Command(kit.Urun, userns, mode, rootfs, "sh", "-c", start+" echo hi")
				r := testenv.Finish(t, c) // waits for the end of the pipes, too
				if r.Status != 0 || strings.TrimSpace(r.Stdout) != "hi" {
					t.Errorf("%s: exit status %d, %q, %s", mode, r.Status, r.Stdout, r.Stderr)
				}
			}
		}
	})
}

func TestSignalsReachTheCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init"} {
			s := urun(t, rootfs, userns, mode, "--no-tty", "ROOTFS", "probe", "catch", "USR1", "USR2", "HUP", "INT", "QUIT", "WINCH")
			s.sees("ready")
			for _, c := range []struct {
				sig  syscall.Signal
				name string
			}{{syscall.SIGUSR1, "SIGUSR1"}, {syscall.SIGUSR2, "SIGUSR2"}, {syscall.SIGHUP, "SIGHUP"}, {syscall.SIGINT, "SIGINT"}, {syscall.SIGQUIT, "SIGQUIT"}, {syscall.SIGWINCH, "SIGWINCH"}} {
				if err := s.cmd.Process.Signal(c.sig); err != nil {
					t.Fatal(err)
				}
				s.sees(c.name)
			}
			if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.sees("SIGTERM")
			if n := s.ends(); n != 7 {
				t.Errorf("%s: exit status %d", mode, n)
			}
		}
	})
}
