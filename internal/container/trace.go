package container

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// Trace tells what happens in a start while it happens: --debug. A nil one is silent, and costs nothing.
type Trace struct {
	to    func(line string)
	since int64 // nanoseconds of CLOCK_MONOTONIC
	begun bool  // a line was written

	mu      sync.Mutex
	child   *forkexec.Child // whose steps are followed; nil: none's
	program *forkexec.Program
	next    int           // the first of its steps that was not told
	pending int           // that step, when it was last looked at
	glances int           // how often since
	stop    chan struct{} // ends the following
}

// NewTrace begins one, whose lines go to write.
func NewTrace(write func(line string)) *Trace { return &Trace{to: write, since: now()} }

const traceKey = "debug: P is urun's process, C the container's first one, ? what was found or decided; ~ did not work and need not, > takes long, ! failed"

// write tells first what the columns mean; the trace is locked.
func (t *Trace) write(line string) {
	if !t.begun {
		t.begun = true
		t.to(traceKey)
	}
	t.to(line)
}

// Who does something, as in --explain.
const (
	whoUrun  = "P" // urun's own process
	whoChild = "C" // the container's first process
	whoLooks = "?" // urun, which finds something out or decides it
)

// say tells of something that happens now, after what the child has done before.
func (t *Trace) say(who, does string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUp(false)
	t.write(traceLine(now()-t.since, who, ' ', does))
}

// fails tells of something that went wrong.
func (t *Trace) fails(who string, err error) {
	if t == nil || err == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUp(false)
	t.write(traceLine(now()-t.since, who, '!', oneLine(err)))
}

// traceLine has columns: the time in microseconds, who, a mark for what went wrong, and what was done.
func traceLine(ns int64, who string, mark rune, does string) string {
	return fmt.Sprintf("%8d µs %s%c %s", ns/1000, who, mark, does)
}

// glance is how long what the child does may go untold.
const glance = time.Millisecond

// follow tells of the child's steps from now on.
func (t *Trace) follow(c *forkexec.Child, p *forkexec.Program) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	stop := make(chan struct{})
	t.child, t.program, t.next, t.stop = c, p, 0, stop
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(glance):
			}
			t.mu.Lock()
			t.catchUp(false)
			t.wait()
			t.mu.Unlock()
		}
	}()
}

// leave ends the following, before the child's memory goes. All tells that the step it is at is done as well: the exec.
func (t *Trace) leave(all bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUp(all)
	if t.stop != nil {
		close(t.stop)
	}
	t.child, t.program, t.stop = nil, nil, nil
}

// catchUp tells of the steps that are done; the trace is locked.
func (t *Trace) catchUp(all bool) {
	if t.child == nil {
		return
	}
	at, times, steps := t.child.At(), t.child.Times(), t.program.Steps()
	failed := t.child.Failure()
	if all || failed != nil {
		at++
	}
	for ; t.next < min(at, len(steps)); t.next++ {
		if i := t.next; times[i] != 0 {
			s := steps[i]
			instead := s.Skip > 0 && times[i+1] != 0
			t.write(stepLine(t.program, i, times[i]-t.since, outcomeOf(s, t.child.Result(s.Into), instead), failed))
		}
	}
	if t.pending != t.next {
		t.pending, t.glances = t.next, 0
	}
}

// stepLine is a step that is done, and what came of it.
func stepLine(p *forkexec.Program, i int, ns int64, result string, failed *forkexec.StepError) string {
	mark := ' '
	if strings.HasPrefix(result, " = E") {
		mark = '~'
	}
	if failed != nil && failed.Index == i {
		mark, result = '!', " = "+errnoName(failed.Errno)
	}
	does := fmt.Sprintf("%-4d %s%s", i, clipped(p.Line(i), callWidth), result)
	return traceLine(ns, whoChild, mark, fmt.Sprintf("%-*s # %s", reasonAt, does, p.Steps()[i].Why))
}

// Calls are cut, so that the reasons are in a column.
const (
	callWidth = 52
	reasonAt  = 5 + callWidth + len(" = EADDRINUSE")
)

// wait tells once of a step that takes long: it may be what a start hangs in. The trace is locked.
func (t *Trace) wait() {
	if t.glances++; t.glances != patience || t.child == nil || t.next >= len(t.program.Steps()) {
		return
	}
	at := t.child.At()
	t.write(traceLine(now()-t.since, whoChild, '>', fmt.Sprintf("%-4d is not done yet: %s", at, clipped(t.program.Line(at), callWidth))))
}

// patience is how many glances a step may take.
const patience = 250

// outcomeOf is a step's result as it is printed. One that was followed by what is done instead has failed, and its result is
// that of the other way.
func outcomeOf(s forkexec.Step, result int64, instead bool) string {
	if instead {
		names := make([]string, len(s.On))
		for i, e := range s.On {
			names[i] = errnoName(e)
		}
		return " = " + strings.Join(names, " or ")
	}
	switch {
	case result == forkexec.NotDone || result == 0:
		return ""
	case result < 0 && result > -4096:
		return " = " + errnoName(syscall.Errno(-result))
	}
	return fmt.Sprintf(" = %d", result)
}

func errnoName(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return e.Error()
}
