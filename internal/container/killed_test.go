package container

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/userns"
)

// killed are the containers of which parent and child are killed at every step.
func killed() []faulty {
	list := []faulty{
		{name: "plain", mode: userns.Single, net: network.None},
		{name: "everything", net: network.Gvisor, tty: true, flags: limitedEphemeral()},
	}
	list = append(list, faulty{name: "an image", mode: userns.Single, net: network.None, layers: 2})
	if every() {
		list = append(list, faulty{name: "in the background", net: network.None, detach: true})
	}
	return list
}

// kill is the end of a child before one of its steps.
type kill struct {
	ended chan struct{} // closed after the start
	done  chan bool     // what came of it, closed then
}

// at kills the child of a launch when it is at step i.
func (k kill) at(l *launch, i int) {
	there := l.hold(i)
	go func() {
		defer close(k.done)
		when(there, k.ended, func() {
			l.relay.mu.Lock()
			defer l.relay.mu.Unlock()
			k.done <- l.relay.child != nil && l.relay.child.Signal(unix.SIGKILL, false) == nil
		})
	}()
}

// told is an error unless one line has said that the child was killed, and where.
func (k kill) told(o outcome, i int) error {
	var e *Error
	switch {
	case !<-k.done:
		return fmt.Errorf("step %d was not reached: status %d, %v", i, o.status, o.err)
	case !errors.As(o.err, &e) || e.Status != StatusFailed:
		return fmt.Errorf("killed at step %d: status %d, %v, said %q", i, o.status, o.err, o.said)
	case !strings.Contains(e.Says, "was killed at step "+strconv.Itoa(i+1)+", "+o.program.Line(i+1)) || strings.Contains(e.Says, "\n"):
		return fmt.Errorf("killed at step %d: says %q", i, e.Says)
	}
	return nil
}

// The child dies at each of its steps, by whatever hand: that is one clear line, and nothing is left.
func TestTheChildIsKilledAtEveryStep(t *testing.T) {
	total := 0
	for _, f := range killed() {
		t.Run(f.name, func(t *testing.T) {
			r := rigged(t, f)
			r.clean(t)
			clean := r.clean(t)
			steps := clean.program.Steps()
			before := r.settled(t)
			for i := range steps {
				if !clean.reaches(i) {
					continue
				}
				k := kill{ended: make(chan struct{}), done: make(chan bool, 1)}
				o := r.start(id("f"), func(o *outcome) { k.at(o.launch, i) })
				close(k.ended)
				if err := k.told(o, i); err != nil {
					t.Error(err)
				}
				if err := before.remains(t, r); err != "" {
					t.Fatalf("after the child was killed at step %d: %s", i, err)
				}
			}
			t.Logf("%s: the child was killed at %d steps", f.name, len(steps))
			total += len(steps)
		})
	}
	t.Logf("in all: %d kills of the child", total)
}

// urun is killed while its child is at each of its steps: all of both ends in a moment, and the next urun removes the record.
func TestUrunIsKilledAtEveryStep(t *testing.T) {
	total := 0
	for n, f := range killed() {
		t.Run(f.name, func(t *testing.T) {
			r := rigged(t, f)
			r.clean(t)
			clean := r.clean(t)
			steps := clean.program.Steps()
			before := r.settled(t)
			if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil { // what is left becomes the test's
				t.Fatal(err)
			}
			defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }() // as above
			for i := range steps {
				if !clean.reaches(i) {
					continue
				}
				c := exec.Command("/proc/self/exe", killedName, strconv.Itoa(n), strconv.Itoa(i), r.dir, r.places.Path)
				c.WaitDelay = 5 * time.Second // who is left has its output open
				out, err := c.CombinedOutput()
				if ws := c.ProcessState.Sys().(syscall.WaitStatus); ws.Signal() != unix.SIGKILL || len(out) > 0 {
					t.Fatalf("step %d: %v: %s", i, err, out)
				}
				gone(t, i)
				r.heal(t)
				if err := before.remains(t, r); err != "" {
					t.Fatalf("after urun was killed at step %d: %s", i, err)
				}
			}
			r.clean(t)
			t.Logf("%s: urun was killed at %d steps", f.name, len(steps))
			total += len(steps)
		})
	}
	t.Logf("in all: %d kills of urun", total)
}

// killedName is the first argument of the test's executable when it is to start a container and be killed.
const killedName = "urun-killed"

// beKilled starts one, and kills its own process when the child is at a step.
func beKilled(args []string) int {
	n, err1 := strconv.Atoi(args[0])
	i, err2 := strconv.Atoi(args[1])
	if err := errors.Join(err1, err2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r := &rig{faulty: killed()[n], dir: args[2], places: network.Places{Path: args[3], Self: args[3] + "/urun"}, command: []string{"/bin/sleep", "600"}}
	o := r.start(id("e"), func(o *outcome) {
		go when(o.launch.hold(i), nil, func() { _ = unix.Kill(os.Getpid(), unix.SIGKILL) }) // it cannot fail
	})
	fmt.Fprintln(os.Stderr, "not killed:", o.status, o.err)
	return 1
}

// gone waits for the end of all that a killed urun has left running.
func gone(t *testing.T, i int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(200 * time.Microsecond) {
		left := children()
		for _, pid := range left {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG|unix.WALL, nil) // what has not ended is looked at again
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			for _, pid := range left {
				line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline") // it may have ended
				t.Errorf("process %d is left: %q", pid, line)
				_ = unix.Kill(pid, unix.SIGKILL) // as above
			}
			t.Fatalf("after urun was killed at step %d: %d processes are left", i, len(left))
		}
	}
}

// heal looks at the records, as every command does that lists them: what the dead have left is removed.
func (r *rig) heal(t *testing.T) {
	t.Helper()
	dir, err := state.Open([]string{r.dir + "/states"})
	if err == nil {
		err = Access{States: []string{r.dir + "/states"}}.collect(dir, true)
	}
	if err == nil {
		err = Access{Store: r.store()}.CollectWrites()
	}
	if err != nil {
		t.Fatal(err)
	}
}
