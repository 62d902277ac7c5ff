package lifecycle

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// moments runs a test with delays from nothing to longer than a command takes. Where the machine is too slow for all of
// them, it has some of everywhere.
func moments(h *testenv.Home, takes time.Duration, test func(delay time.Duration)) {
	h.Helper()
	const n = 61
	end := time.Now().Add(testenv.Deadline / 3)
	for i := 0; i < n && time.Now().Before(end); i++ {
		delay := time.Duration(i*23%n) * takes / (n - 10)
		test(delay)
		if h.Failed() {
			h.Fatalf("it was after %v", delay)
		}
	}
}

// took is how long the slowest of some took.
func took(h *testenv.Home, command func() *exec.Cmd, after func()) (longest time.Duration) {
	h.Helper()
	for range 3 {
		s := start(h, command())
		begin := time.Now()
		if s.ends(h) != 0 {
			h.Fatalf("%v: %s", s.Args, s.err.String())
		}
		longest = max(longest, time.Since(begin))
		after()
	}
	return longest
}

// aStart is how long it takes to start a container.
func aStart(h *testenv.Home) time.Duration {
	h.Helper()
	return took(h, func() *exec.Cmd { return detached(h) }, func() { h.Run("rm", "-f", "a").OK(h) })
}

// started is a command that runs.
type started struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func start(h *testenv.Home, c *exec.Cmd) *started {
	h.Helper()
	s := &started{Cmd: c}
	c.Stdout, c.Stderr, c.WaitDelay = &s.out, &s.err, testenv.Deadline
	if err := c.Start(); err != nil {
		h.Fatal(err)
	}
	return s
}

// ends waits for its end, and for that of everyone who holds its output.
func (s *started) ends(h *testenv.Home) (status int) {
	h.Helper()
	late := time.AfterFunc(testenv.Deadline, func() { s.Process.Kill() })
	if _ = s.Wait(); !late.Stop() {
		h.Fatalf("%v hangs: %s%s", s.Args, s.out.String(), s.err.String())
	}
	return s.ProcessState.ExitCode()
}

// settled waits until there is either nothing or a whole container, and removes that. It tells which it was.
func settled(h *testenv.Home, name string) (whole bool) {
	h.Helper()
	state := ""
	h.Until("there is either nothing or a whole container", func() bool {
		all := h.All()
		state = strings.Join(all, ", ")
		switch {
		case state == "":
			return len(h.Processes()) == 0
		case state == "running":
			return h.Run("exec", name, "true").Status == 0
		case len(all) == 1 && strings.HasPrefix(state, "exited "):
			return len(h.Processes()) == 0
		}
		return false
	})
	if state != "" {
		h.Run("rm", "-f", name).OK(h)
	}
	sweep(h)
	h.NothingIsLeft()
	return state != ""
}

// sweep does what a week does. The log is made before the record, and what was killed between the two has an empty log of
// no container. Another start does not know it from that of a container whose record went with a logout.
func sweep(h *testenv.Home) {
	h.Helper()
	logs, err := filepath.Glob(h.State + "/urun/*")
	if err != nil {
		h.Fatal(err)
	}
	logs = slices.DeleteFunc(logs, func(dir string) bool { return os.Remove(dir) == nil }) // nobody sees to an empty one
	for _, dir := range logs {
		files, err := filepath.Glob(dir + "/*")
		if err != nil {
			h.Fatal(err)
		}
		for _, f := range files {
			if st, err := os.Stat(f); err != nil || filepath.Base(f) != "record" && st.Size() > 0 {
				h.Errorf("%s is left, and is not empty: %v", f, err)
			}
			old := time.Now().AddDate(0, 0, -8)
			if err := os.Chtimes(f, old, old); err != nil {
				h.Error(err)
			}
		}
	}
	if len(logs) > 0 {
		h.Until("the empty log is swept", func() bool {
			_ = os.Remove(h.Runtime + "/urun/swept") // another start a second later would do
			h.Detach([]string{"--rm"}, "true")
			left, err := filepath.Glob(h.State + "/urun/*")
			return err == nil && len(left) == 0
		})
	}
}

func detached(h *testenv.Home, flags ...string) *exec.Cmd {
	return h.Command(h.Args(append([]string{"-d", "--name", "a"}, flags...), "sleep", "1000")...)
}

func TestTheCallerIsKilledDuringTheStart(t *testing.T) {
	h := home(t)
	runs, all := 0, 0
	moments(h, aStart(h), func(delay time.Duration) {
		s := start(h, detached(h, "--cidfile", h.Runtime+"/id", "--pidfile", h.Runtime+"/pid"))
		time.Sleep(delay)
		kill(h, s.Process.Pid)
		s.ends(h)
		all++
		if settled(h, "a") {
			runs++
		}
	})
	t.Logf("%d of %d run", runs, all)
}

func TestTheSupervisorIsKilledDuringTheStart(t *testing.T) {
	h := home(t)
	runs, all := 0, 0
	moments(h, aStart(h), func(delay time.Duration) {
		s := start(h, detached(h))
		supervisor := 0
		for line := []byte("urun"); supervisor == 0 && len(line) > 0; {
			line, _ = os.ReadFile("/proc/" + strconv.Itoa(s.Process.Pid) + "/cmdline") // empty when it has ended
			for _, pid := range children(s.Process.Pid) {                              // os.StartProcess may have one of its own for a moment
				line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
				if strings.HasPrefix(string(line), "urun-supervisor\x00") {
					supervisor = pid
				}
			}
		}
		time.Sleep(delay)
		if supervisor != 0 {
			kill(h, supervisor)
		}
		switch status := s.ends(h); {
		case status == 0 && len(s.out.String()) == 65:
			runs++
		case status == 125:
			oneLine(h, s.err.String())
		default:
			h.Errorf("exit status %d, %q, %q", status, s.out.String(), s.err.String())
		}
		all++
		settled(h, "a")
	})
	t.Logf("%d of %d had begun", runs, all)
}

// Whoever ends a start knows that it ended: there is no container then.
func TestASignalDuringTheStart(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			h := home(t)
			begun, ended := 0, 0
			moments(h, aStart(h), func(delay time.Duration) {
				s := start(h, detached(h))
				time.Sleep(delay)
				if err := s.Process.Signal(sig); err != nil {
					h.Fatal(err)
				}
				status := s.ends(h)
				if ws := s.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() && ws.Signal() == sig {
					status = 128 + int(sig) // it was that early
				}
				switch {
				case status == 128+int(sig) && s.out.Len() == 0:
					ended++
					h.Until("its processes are gone", func() bool { return len(h.Processes()) == 0 })
					sweep(h)
					h.NothingIsLeft()
				case status == 0 && s.out.Len() == 65:
					begun++
					if all := h.All(); len(all) != 1 || all[0] != "running" {
						h.Errorf("the start had ended well, and ps -a shows %q", all)
					}
					h.Run("rm", "-f", "a").OK(h)
				default:
					h.Errorf("exit status %d, %q, %q", status, s.out.String(), s.err.String())
				}
			})
			t.Logf("%d had begun, %d were ended", begun, ended)
		})
	}
}

func TestAnExecIsKilled(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a"}, "sleep", "1000")
	pid := h.Inspect("a").State.SupervisorPid
	files := len(testenv.Descriptors(pid))
	takes := took(h, func() *exec.Cmd { return h.Command("exec", "a", "true") }, func() {})
	moments(h, takes, func(delay time.Duration) {
		s := start(h, h.Command("exec", "a", "sh", "-c", "sleep 1001"))
		time.Sleep(delay)
		kill(h, s.Process.Pid)
		s.ends(h)
		h.Until("its command is gone", func() bool { return len(h.Processes()) == 3 })
	})
	h.Run("exec", "a", "true").OK(t)
	if n := len(testenv.Descriptors(pid)); n != files {
		t.Errorf("urun has %d descriptors, and had %d", n, files)
	}
	h.Run("rm", "-f", "a").OK(t)
}

func TestAStopOrARemovalIsKilled(t *testing.T) {
	for _, verb := range [][]string{{"stop", "-t", "0"}, {"stop"}, {"rm", "-f"}, {"kill"}} {
		t.Run(strings.Join(verb, " "), func(t *testing.T) {
			h := home(t)
			begin := func() { h.Detach([]string{"--name", "a", "--pidfile", h.Runtime + "/pid"}, "sleep", "1000") }
			begin()
			takes := took(h, func() *exec.Cmd { return h.Command(append(verb, "a")...) }, func() { h.Run("rm", "-f", "a").OK(h); begin() })
			h.Run("rm", "-f", "a").OK(h)
			moments(h, takes, func(delay time.Duration) {
				begin()
				s := start(h, h.Command(append(verb, "a")...))
				time.Sleep(delay)
				if err := s.Process.Kill(); err != nil && delay == 0 {
					h.Fatal(err)
				}
				s.ends(h)
				settled(h, "a")
			})
		})
	}
}

// The log goes on where it was, whoever reads it; one that follows ends with the container, however that ends.
func TestAFollowerEnds(t *testing.T) {
	h := home(t)
	for _, how := range []func(in testenv.Inspected){
		func(in testenv.Inspected) { kill(t, in.State.SupervisorPid) },
		func(in testenv.Inspected) { kill(t, in.State.Pid) },
		func(testenv.Inspected) { h.Run("stop", "-t", "0", "a").OK(t) },
		func(testenv.Inspected) { h.Run("rm", "-f", "a").OK(t) },
	} {
		h.Detach([]string{"--name", "a"}, "sh", "-c", "echo one; exec sleep 1000")
		c := h.Command("logs", "-f", "a")
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		c.Stderr = &stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("one\n"))); err != nil {
			t.Fatal(err)
		}
		how(h.Inspect("a"))
		late := time.AfterFunc(testenv.Deadline, func() { c.Process.Kill() })
		rest, _ := io.ReadAll(out) // it ends with the command
		if err := c.Wait(); err != nil || len(rest) > 0 || stderr.Len() > 0 || !late.Stop() {
			t.Errorf("%v, %q, %s", err, rest, stderr.String())
		}
		h.Run("rm", "-f", "a")
	}
}
