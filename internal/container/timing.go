package container

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// timing notes where a start's time goes.
type timing struct {
	phases []phase
	steps  []int64
	last   int64
}

type phase struct {
	name string
	at   int64 // nanoseconds of CLOCK_MONOTONIC
}

func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // only a wrong clock could fail
	return ts.Nano()
}

func (t *timing) begin(name string) { t.phases = append(t.phases, phase{name, now()}) }

func (t *timing) end(c *forkexec.Child) {
	t.last = now()
	t.steps = append(t.steps, c.Times()...)
}

// report prints the parent's phases and the child's steps, in microseconds, the
// steps that took the longest first marked by how long.
func (l *launch) report() {
	for i, p := range l.times.phases {
		end := l.times.last
		if i+1 < len(l.times.phases) {
			end = l.times.phases[i+1].at
		}
		l.opt.Notice(fmt.Sprintf("timing: %8.1f µs  %s", float64(end-p.at)/1e3, p.name))
	}
	for i, at := range l.times.steps {
		next := int64(0)
		for j := i + 1; j < len(l.times.steps) && next == 0; j++ {
			next = l.times.steps[j]
		}
		if at != 0 && next != 0 {
			l.opt.Notice(fmt.Sprintf("timing: %8.1f µs  step %d: %s", float64(next-at)/1e3, i, l.program.Line(i)))
		}
	}
}
