package container

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// A step that fails is an error that names it, and leaves the container and the caller as they were.
func TestEveryStepOfExecMayFail(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	total := 0
	for n, f := range execs {
		t.Run(f.name, func(t *testing.T) {
			r, try, clean, before := enterable(t, n)
			count, some := 0, ways{n, map[string]bool{}}
			for i, step := range clean.program.Steps() {
				for _, errno := range some.of(i, step) {
					count++
					o := try(func(l *launch) { fail(l.program, i, errno) })
					what := clean.program.Line(i) + " with " + errno.Error()
					var e *Error
					switch tolerated := slices.Contains(step.On, errno); {
					case tolerated && o.err == nil && o.status == 0:
					case o.err == nil:
						t.Errorf("%s: status %d and no error", what, o.status)
					case !errors.As(o.err, &e) || e.Status != StatusFailed || strings.ContainsAny(e.Says, "\n\r"):
						t.Errorf("%s: says %q", what, o.err)
					case !tolerated && (!strings.Contains(e.Says, "(step "+strconv.Itoa(i)+" failed: ") || !errors.Is(o.err, errno)):
						t.Errorf("%s: says %q", what, e.Says)
					}
					asBefore(t, before, what)
				}
			}
			if r.Paused() || !r.runs() {
				t.Error("the container does not run any more")
			}
			t.Logf("exec, %s: %d steps, %d faults", f.name, len(clean.program.Steps()), count)
			total += count
		})
	}
	t.Logf("in all: %d faults of exec", total)
}

// The process that is to become the command dies at each of its steps.
func TestTheCommandOfExecIsKilledAtEveryStep(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	total := 0
	for n, f := range execs {
		t.Run(f.name, func(t *testing.T) {
			r, try, clean, before := enterable(t, n)
			steps := len(clean.program.Steps())
			for i := range steps {
				k := kill{ended: make(chan struct{}), done: make(chan bool, 1)}
				o := try(func(l *launch) { k.at(l, i) })
				close(k.ended)
				if err := k.told(o, i); err != nil {
					t.Error(err)
				}
				asBefore(t, before, "a kill at step "+strconv.Itoa(i))
			}
			if r.Paused() || !r.runs() {
				t.Error("the container does not run any more")
			}
			t.Logf("exec, %s: killed at %d steps", f.name, steps)
			total += steps
		})
	}
	t.Logf("in all: %d kills of what exec starts", total)
}
