//go:build vm

package vm

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clock is the machine's, which a test may set and which is right again after it.
type clock struct {
	*testing.T
	began time.Time // with Go's monotonic clock, which is not set
}

func setsTheClock(t *testing.T) clock {
	c := clock{t, time.Now()}
	t.Cleanup(func() { c.set(0) })
	return c
}

// set sets the clock to what is right and something.
func (c clock) set(off time.Duration) {
	c.Helper()
	tv := syscall.NsecToTimeval(c.began.Add(time.Since(c.began)).Add(off).UnixNano())
	if err := syscall.Settimeofday(&tv); err != nil {
		c.Fatal(err)
	}
}

// A clock that is set back by a day, and forward again, changes nothing of what runs: what is counted in seconds is counted by
// a clock that nobody sets.
func TestTheClockIsSetBack(t *testing.T) {
	only(t, "root")
	for _, by := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			c := setsTheClock(t)
			detach(t, "ticks", "--net=none", rootfs, "sh", "-c", "i=0; while i=$((i+1)); do echo $i; sleep 0.5; done")
			detach(t, "obeys", "--net=none", rootfs, "probe", "catch", "USR1")
			detach(t, "ignores", "--net=none", rootfs, "probe", "ignore", "TERM")
			logged(t, "obeys", "ready")
			logged(t, "ignores", "ready")
			detach(t, "timed", "--net=none", "--timeout", "15", rootfs, "probe", "sleep", "1000")
			timed := time.Now()
			detach(t, "later", "--net=none", "--timeout", "1000", rootfs, "probe", "sleep", "1000")
			logged(t, "ticks", "5")
			follow := start(t, "logs", "-f", "ticks")
			follow.sees("5")

			c.set(by)
			r := run(t, "ps")
			for _, name := range []string{"ticks", "obeys", "ignores", "later"} {
				if !slices.ContainsFunc(r.Lines(), func(line string) bool { return strings.Contains(line, "Up ") && strings.HasSuffix(line, name) }) {
					t.Errorf("%s does not run:\n%s", name, r.Stdout)
				}
			}
			if strings.Contains(r.Stdout, "Up -") {
				t.Errorf("ps says\n%s", r.Stdout)
			}
			now := last(t, "ticks")
			if now != "5" { // which has been seen
				follow.sees(now)
			}
			eventually(t, func() string {
				if last(t, "ticks") == now {
					return "the log has nothing new"
				}
				return ""
			})
			follow.sees(last(t, "ticks"))
			r = run(t, "logs", "ticks")
			for i, line := range r.Lines() {
				if line != strconv.Itoa(i+1) {
					t.Fatalf("the log is %q %s", r.Lines(), r.Stderr)
				}
			}

			began := time.Now()
			run(t, "stop", "-t", "20", "obeys").OK(t)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("to stop it took %v", took)
			}
			began = time.Now()
			if r := run(t, "stop", "-t", "2", "ignores"); r.Status != 0 || !strings.Contains(r.Stderr, "is killed") {
				t.Errorf("exit status %d: %s", r.Status, r.Stderr)
			}
			if took := time.Since(began); took < 2*time.Second || took > 19*time.Second {
				t.Errorf("to stop what does not want to took %v", took)
			}
			for name, want := range map[string]int{"obeys": 7, "ignores": 137} {
				if s := inspect(t, name).State; s.Status != "exited" || s.ExitCode != want {
					t.Errorf("%s is %+v", name, s)
				}
			}
			eventually(t, func() string {
				if s := inspect(t, "timed").State; s.Status != "exited" || s.ExitCode != 137 || !strings.Contains(s.Error, "--timeout 15s") {
					return "its time is over, and it is " + s.Status + " " + s.Error
				}
				return ""
			})
			if took := time.Since(timed); took < 14*time.Second {
				t.Errorf("15 s were over after %v", took)
			}

			c.set(0)
			if s := inspect(t, "later").State; s.Status != "running" {
				t.Errorf("it is %+v", s)
			}
			run(t, "stop", "later").OK(t)
			r = run(t, "ps", "-a")
			if strings.Count(r.Stdout, "Exited (") != 4 || strings.Count(r.Stdout, "Up ") != 1 {
				t.Errorf("ps says\n%s", r.Stdout)
			}
			run(t, "kill", "ticks").OK(t)
			if n := follow.status(); n != 0 {
				t.Errorf("logs -f ends with %d: %s", n, follow.stderr.String())
			}
			run(t, "rm", "-a").OK(t)
			nothingIsLeft(t)
		})
	}
}

// last is the last line of a container's log.
func last(t testing.TB, name string) string {
	t.Helper()
	r := run(t, "logs", "--tail", "1", name)
	r.OK(t)
	return strings.TrimSpace(r.Stdout)
}
