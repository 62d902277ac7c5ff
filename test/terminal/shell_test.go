package terminal

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

func deadline() <-chan time.Time { return time.After(testenv.Deadline) }

// descendants are the processes below one, by name.
func descendants(t *testing.T, pid int) map[string]string {
	t.Helper()
	below := map[string]string{}
	paths, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		children, _ := os.ReadFile(path) // it may have ended
		for _, child := range strings.Fields(string(children)) {
			name, _ := os.ReadFile("/proc/" + child + "/comm")
			below[string(bytes.TrimSpace(name))] = child
			n, err := strconv.Atoi(child)
			if err != nil {
				t.Fatal(err)
			}
			for name, pid := range descendants(t, n) {
				below[name] = pid
			}
		}
	}
	return below
}

func kill(t *testing.T, pid string, sig syscall.Signal) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err == nil {
		err = syscall.Kill(n, sig)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// inForeground waits until the container runs a program of this name and gives its pid.
func inForeground(s *seat, name string) (pid string) {
	s.Helper()
	s.until(name+" runs", func() bool {
		pid = descendants(s.T, s.cmd.Process.Pid)[name]
		return pid != "" && state(s.T, pid) == "S"
	})
	return pid
}

// Without a pty the caller's shell does the job control: both have to stop, or the shell would wait for ever, and both
// have to wake.
func TestAShellStopsAndWakesUrunAndTheCommand(t *testing.T) {
	testenv.Need(t, "bash")
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--no-tty --init", "--no-tty --no-init", ">/dev/null", "</dev/null", "-t"} {
			s := sit(t, "bash", "--norc", "--noprofile", "-i")
			s.sees("host> ")
			s.types(kit.Urun + " " + userns + " " + mode + " " + rootfs + " sleep 100\r")
			sleep := inForeground(s, "sleep")
			urun := descendants(t, s.cmd.Process.Pid)["urun"]
			if mode == "-t" {
				// The key goes to the container, so somebody else stops urun.
				s.until("the terminal is raw", s.raw)
				kill(t, urun, syscall.SIGTSTP)
			} else {
				s.types(ctrlZ)
			}
			s.sees("Stopped")
			s.sees("host> ")
			s.until("urun is stopped", func() bool { return state(t, urun) == "T" })
			s.until("the command is stopped", func() bool { return state(t, sleep) == "T" })
			if mode == "-t" && s.raw() {
				t.Error("the terminal is raw while urun is stopped")
			}
			s.types("fg\r")
			s.until("urun runs", func() bool { return state(t, urun) == "S" })
			s.until("the command runs", func() bool { return state(t, sleep) == "S" })
			if mode == "-t" {
				s.until("the terminal is raw again", s.raw)
			}
			want := "status=130"
			if strings.Contains(mode, "--no-init") {
				// A first process dies of no signal it does not handle, but of those that it cannot.
				kill(t, sleep, syscall.SIGKILL)
				want = "status=137"
			} else {
				s.types(ctrlC)
			}
			s.sees("host> ")
			s.types("echo status=$?\r")
			s.sees(want + "\r\n")
			s.types("exit 0\r")
			s.ends()
		}
	})
}

func TestUrunInTheBackgroundOfAShell(t *testing.T) {
	testenv.Need(t, "bash")
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		s := sit(t, "bash", "--norc", "--noprofile", "-i")
		s.sees("host> ")
		s.types(kit.Urun + " " + userns + " --no-tty " + rootfs + " sh -c 'echo from inside; sleep 0.1; exit 5' &\r")
		s.sees("from inside")
		s.types("wait %1; echo status=$?\r")
		s.sees("status=5\r\n")
		s.types("exit 0\r")
		s.ends()
	})
}
