package container

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// faultyUnshare runs a command in the caller's id map with a changed program.
func faultyUnshare(o Options, inject func(*launch)) (out outcome) {
	o.Notice = func(line string) { out.said = append(out.said, line) }
	l := bare([]string{"/bin/true"}, nil, o)
	defer l.close()
	out.status, out.err = l.start(l.prepareBare, func() error {
		err := l.compileBare()
		if err == nil && out.program == nil {
			out.program = l.program
			inject(l)
		}
		return err
	})
	out.err = failure(l, out.err)
	return out
}

// urun unshare has a program of its own: each of its steps may fail, and is where the child is killed.
func TestEveryStepOfUnshareMayFail(t *testing.T) {
	testenv.Unprivileged(t)
	for n, f := range []struct {
		name string
		o    Options
	}{
		{"one id", Options{UserNS: userns.Wish{Mode: userns.Single}}},
		{"full range, network", Options{Net: true}},
	} {
		t.Run(f.name, func(t *testing.T) {
			if f.o.UserNS.Mode == userns.Auto && !testenv.HasRange() {
				testenv.Skip(t, "no subordinate ids, or no newuidmap")
			}
			clean := faultyUnshare(f.o, func(*launch) {})
			if clean.err != nil || clean.status != 0 || len(clean.program.Steps()) < 5 {
				t.Fatalf("status %d, %v", clean.status, clean.err)
			}
			time.Sleep(100 * time.Millisecond)
			before, some, faults := leftByExec(t), ways{n, map[string]bool{}}, 0
			for i, step := range clean.program.Steps() {
				for _, errno := range some.of(i, step) {
					faults++
					o := faultyUnshare(f.o, func(l *launch) { fail(l.program, i, errno) })
					what := clean.program.Line(i) + " with " + errno.Error()
					var e *Error
					switch {
					case slices.Contains(step.On, errno) && o.err == nil && o.status == 0:
					case !errors.As(o.err, &e) || e.Status != StatusFailed || strings.ContainsAny(e.Says, "\n\r") || !strings.Contains(e.Says, "(step "+strconv.Itoa(i)+" failed: "):
						t.Errorf("%s: status %d, %v", what, o.status, o.err)
					}
					asBefore(t, before, what)
				}
				k := kill{ended: make(chan struct{}), done: make(chan bool, 1)}
				o := faultyUnshare(f.o, func(l *launch) { k.at(l, i) })
				close(k.ended)
				if err := k.told(o, i); err != nil {
					t.Error(err)
				}
				asBefore(t, before, "a kill at step "+strconv.Itoa(i))
			}
			t.Logf("unshare, %s: %d steps, %d faults, %[2]d kills", f.name, len(clean.program.Steps()), faults)
		})
	}
}
