package container

import (
	"fmt"
	"sync"
	"time"

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

// write tells first what the columns mean; the trace is locked.
func (t *Trace) write(line string) {
	if !t.begun {
		t.begun = true
		t.to(traceKey)
	}
	t.to(line)
}

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
