package cgroup2

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMakeTellsWhatSystemdAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(*fake, call) error
		want  string
		cause string // its name on the bus
	}{
		"denied": {func(*fake, call) error { return answer("org.freedesktop.DBus.Error.AccessDenied", "no") },
			"start urun-test.scope: no", "org.freedesktop.DBus.Error.AccessDenied"},
		"the job failed": {func(f *fake, c call) error {
			f.removed(job, c.unit, "failed")
			return nil
		}, "start urun-test.scope: systemd's job ended as failed", ""},
		"an unknown property that is needed": {func(*fake, call) error {
			return answer("org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property Delegate, or unknown property.")
		}, "start urun-test.scope: Cannot set property Delegate, or unknown property.", "org.freedesktop.DBus.Error.PropertyReadOnly"},
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			f, err := makeScope(t, within(t, 20*time.Second), c.do)
			var call *CallError
			if !errors.As(err, &call) || err.Error() != c.want || c.cause != "" && !named(err, c.cause) {
				t.Errorf("got %v", err)
			}
			if n := len(f.got()); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestMakeTellsThatTheScopeIsTaken(t *testing.T) {
	sealed(t)
	start := time.Now()
	f, err := makeScope(t, within(t, 20*time.Second), func(*fake, call) error {
		return answer("org.freedesktop.systemd1.UnitExists", "Unit urun-test.scope was already loaded or has a fragment file.")
	})
	var taken *TakenError
	if !errors.As(err, &taken) || taken.Name != "urun-test.scope" {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took < 2*time.Second || len(f.got()) < 2 {
		t.Errorf("it was given up after %v and %d calls", took, len(f.got()))
	}
}

// The deadline is told, and not what the last answer before it was.
func TestMakeHeedsTheDeadline(t *testing.T) {
	release := make(chan struct{})
	for name, do := range map[string]func(*fake, call) error{
		"no answer":           func(*fake, call) error { <-release; return nil },
		"no end of the job":   func(*fake, call) error { return nil },
		"too many for ever":   func(*fake, call) error { return answer("org.freedesktop.DBus.Error.LimitsExceeded", "too many") },
		"exists all the time": func(*fake, call) error { return answer("org.freedesktop.systemd1.UnitExists", "exists") },
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			_, err := makeScope(t, within(t, 300*time.Millisecond), do)
			var call *CallError
			if !errors.As(err, &call) || !strings.HasSuffix(err.Error(), "start urun-test.scope: no answer in time") {
				t.Errorf("got %v", err)
			}
			if name == "no answer" {
				close(release)
			}
		})
	}
}

func TestMakeTellsThatThereIsNoSystemd(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	s := dialled(t, address)
	if g, err := s.Make(within(t, 20*time.Second), request()); g != nil || !errors.Is(err, ErrNoBus) {
		t.Errorf("got %v, %v", g, err)
	}
}

func TestMakeTellsThatTheBusDied(t *testing.T) {
	for name, early := range map[string]bool{"before the answer": true, "before the job's end": false} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			address, end := bus(t, "")
			die := make(chan struct{})
			f := systemd(t, address, func(f *fake, c call) error {
				if early {
					close(die)
					<-f.Context().Done()
				}
				return nil
			})
			go func() {
				if !early {
					for len(f.got()) == 0 {
						time.Sleep(time.Millisecond)
					}
					time.Sleep(50 * time.Millisecond)
					close(die)
				}
			}()
			killed := make(chan struct{})
			go func() {
				<-die
				end()
				close(killed)
			}()
			s := dialled(t, address)
			ctx := within(t, 20*time.Second)
			_, err := s.Make(ctx, request())
			var call *CallError
			if !errors.As(err, &call) || ctx.Err() != nil || err.Error() != "start urun-test.scope: the bus closed the connection" {
				t.Errorf("got %v", err)
			}
			<-killed
		})
	}
}

// systemd itself may end or be started anew during the call.
func TestMakeTellsThatSystemdDied(t *testing.T) {
	sealed(t)
	_, err := makeScope(t, within(t, 20*time.Second), func(f *fake, _ call) error {
		f.Close()
		return nil
	})
	var call *CallError
	if !errors.As(err, &call) || !named(err, "org.freedesktop.DBus.Error.NoReply") {
		t.Errorf("got %v", err)
	}
}

func TestUpdateSendsWhatSystemdKnows(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	f := systemd(t, address, func(_ *fake, c call) error {
		switch {
		case c.unit == "gone.scope":
			return answer("org.freedesktop.systemd1.NoSuchUnit", "Unit gone.scope not loaded.")
		case c.n == 0:
			return answer("org.freedesktop.DBus.Error.InvalidArgs", "Cannot set property MemoryMin, or unknown property.")
		}
		return nil
	})
	s := dialled(t, address)
	ctx := within(t, 20*time.Second)
	must(t, s.Update(ctx, "a.scope", []Setting{{File: "memory.min", Value: "1"}, {File: "pids.max", Value: "max"}, {File: "cpu.idle", Value: "1"}}))
	must(t, s.Update(ctx, "a.scope", []Setting{{File: "cpu.idle", Value: "1"}})) // nothing to send
	calls := f.got()
	if len(calls) != 2 || calls[1].unit != "a.scope" || calls[1].mode != "true" || texts(calls[1].props) != "TasksMax t 18446744073709551615" {
		t.Errorf("got %+v", calls)
	}
	err := s.Update(ctx, "gone.scope", []Setting{{File: "pids.max", Value: "1"}})
	if call := (*CallError)(nil); !errors.As(err, &call) || err.Error() != "change gone.scope: Unit gone.scope not loaded." {
		t.Errorf("got %v", err)
	}
}

func TestUpdateHeedsTheDeadline(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	release := make(chan struct{})
	systemd(t, address, func(*fake, call) error { <-release; return nil })
	s := dialled(t, address)
	defer close(release)
	err := s.Update(within(t, 200*time.Millisecond), "a.scope", []Setting{{File: "pids.max", Value: "1"}})
	if err == nil || err.Error() != "change a.scope: no answer in time" {
		t.Errorf("got %v", err)
	}
}
