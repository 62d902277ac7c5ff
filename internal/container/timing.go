package container

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// timing notes where a start's time goes.
type timing struct {
	phases []phase // what urun did, one after the other
	steps  []int64 // when the child's began; 0 for one that was not done
	last   int64   // when the command had ended; 0 for one that is not waited for

	mu     sync.Mutex
	beside []span // what went on meanwhile
}

type phase struct {
	name string
	at   int64 // nanoseconds of CLOCK_MONOTONIC
}

// span is something that was not waited for at once.
type span struct {
	phase
	end int64 // 0 while it goes on
}

// commandRuns is the phase that follows the start.
const commandRuns = "the command runs"

func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // only a wrong clock could fail
	return ts.Nano()
}

// begin notes what urun does next.
func (l *launch) begin(name string) {
	l.opt.Debug.say(whoUrun, name)
	if l.opt.Timing {
		l.times.phases = append(l.times.phases, phase{name, now()})
	}
}

// beside notes what is done meanwhile by somebody else, until end is called.
func (l *launch) beside(name string) (end func()) {
	if !l.opt.Timing {
		return func() {}
	}
	t := &l.times
	t.mu.Lock()
	defer t.mu.Unlock()
	at := len(t.beside)
	t.beside = append(t.beside, span{phase: phase{name, now()}})
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.beside[at].end = now()
	}
}

// runs notes that the command does, while the memory of its start is there.
func (l *launch) runs(c *forkexec.Child) {
	l.opt.Debug.leave(true)
	l.begin(commandRuns)
	if l.opt.Timing {
		l.times.steps = append(l.times.steps, c.Times()...)
	}
}

// ended notes that the command does not run any more.
func (l *launch) ended() {
	l.opt.Debug.say(whoUrun, "the command has ended")
	if l.opt.Timing {
		l.times.last = now()
	}
}

// timings are where the time went; nil when nobody asked, or the command never ran.
func (l *launch) timings() *Timings {
	t := &l.times
	if len(t.phases) == 0 || t.phases[len(t.phases)-1].name != commandRuns {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first, runs := t.phases[0].at, t.phases[len(t.phases)-1].at
	took := func(name string, from, to int64) Took {
		return Took{Name: name, From: micro(from - first), Took: micro(to - from)}
	}
	out := &Timings{Start: micro(runs - first)}
	if t.last != 0 { // else it was not waited for
		out.Command = micro(t.last - runs)
	}
	for i, p := range t.phases[:len(t.phases)-1] {
		out.Urun = append(out.Urun, took(p.name, p.at, t.phases[i+1].at))
	}
	for _, s := range t.beside {
		if s.end == 0 {
			s.end = runs
		}
		out.Beside = append(out.Beside, took(s.name, s.at, min(s.end, runs)))
	}
	begun, last := int64(0), int64(0)
	for i, at := range t.steps {
		next := runs
		for j := i + 1; j < len(t.steps); j++ {
			if t.steps[j] != 0 {
				next = t.steps[j]
				break
			}
		}
		if at == 0 {
			continue
		}
		if begun == 0 {
			begun = at
		}
		last = next
		out.Steps = append(out.Steps, StepTook{Step: i, Why: l.program.Steps()[i].Why, Took: took(l.program.Line(i), at, next)})
	}
	if begun != 0 {
		out.Beside = append(out.Beside, took("the first process's steps", begun, last))
	}
	return out
}

func micro(ns int64) float64 { return float64(ns/100) / 10 }
