package cgroup2

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// CallError tells what systemd answered instead of doing what it was asked for.
type CallError struct {
	Doing string
	Err   error
}

func (e *CallError) Error() string { return e.Doing + ": " + reason(e.Err) }
func (e *CallError) Unwrap() error { return e.Err }

// Make has systemd start a scope with the process in it: systemd.scope(5). It returns
// when the process is there.
func (s *Systemd) Make(ctx context.Context, r Request) (*Group, error) {
	unit := r.Name + ".scope"
	// The bus keeps the order of one sender's messages, so nobody waits for this answer.
	s.conn.BusObject().GoWithContext(ctx, "org.freedesktop.DBus.AddMatch", dbus.FlagNoReplyExpected, nil,
		"type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.systemd1.Manager',member='JobRemoved',arg2='"+unit+"'")
	props := scopeProperties(r)
	var job dbus.ObjectPath
	until, late := time.Now().Add(2*time.Second), time.Now().Add(6*time.Second)
	for {
		err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager.StartTransientUnit", dbus.FlagNoAutoStart,
			unit, "fail", props, []struct {
				Name  string
				Props []property
			}{}).Store(&job)
		if err == nil {
			break
		}
		switch rest := withoutUnknown(props, err); {
		case len(rest) < len(props):
			props = rest
			continue
		case named(err, "org.freedesktop.systemd1.UnitExists") && time.Now().Before(until):
			// A scope whose last process has just ended takes systemd some milliseconds.
		case named(err, "org.freedesktop.systemd1.UnitExists"):
			return nil, &TakenError{unit}
		case named(err, "org.freedesktop.DBus.Error.LimitsExceeded"):
		case nobody(err) && s.host.Booted && time.Now().Before(late):
			// The first to use a bus that is started on demand is faster than the systemd that started it.
		case nobody(err):
			return nil, fmt.Errorf("%w: %s", ErrNoBus, reason(err))
		default:
			return nil, s.failed(ctx, "start "+unit, err)
		}
		select {
		case <-ctx.Done():
			return nil, s.failed(ctx, "start "+unit, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := s.await(ctx, unit, job); err != nil {
		return nil, err
	}
	g, err := s.find(unit, r.PID)
	if err != nil {
		_ = s.StopEmpty(ctx, unit) // the process may have ended before systemd moved it
	}
	return g, err
}

// nobody tells that there is no systemd on the bus.
func nobody(err error) bool {
	return named(err, "org.freedesktop.DBus.Error.ServiceUnknown") || named(err, "org.freedesktop.DBus.Error.NameHasNoOwner")
}

// withoutUnknown leaves out a property that an older systemd does not know, and that
// only makes things better: scopes have OOMPolicy since 253. An unknown limit is left
// out as well, because it is written to its file afterwards.
func withoutUnknown(props []property, err error) []property {
	var e dbus.Error
	if !errors.As(err, &e) || e.Name != "org.freedesktop.DBus.Error.PropertyReadOnly" && e.Name != "org.freedesktop.DBus.Error.InvalidArgs" {
		return props
	}
	text := reason(err)
	if !strings.Contains(text, "unknown property") {
		return props
	}
	return slices.DeleteFunc(slices.Clone(props), func(p property) bool {
		return p.Name != "PIDs" && p.Name != "Slice" && p.Name != "Delegate" && strings.Contains(text, " "+p.Name+",")
	})
}

// await waits for the end of a job.
func (s *Systemd) await(ctx context.Context, unit string, job dbus.ObjectPath) error {
	for {
		select {
		case <-ctx.Done():
			return s.failed(ctx, "start "+unit, context.Cause(ctx))
		case sig, open := <-s.signals:
			if !open {
				return s.failed(ctx, "start "+unit, errors.New("the bus closed the connection"))
			}
			if sig.Name != "org.freedesktop.systemd1.Manager.JobRemoved" || len(sig.Body) < 4 || sig.Body[1] != job {
				continue
			}
			if result, _ := sig.Body[3].(string); result != "done" {
				return &CallError{"start " + unit, errors.New("systemd's job ended as " + result)}
			}
			return nil
		}
	}
}

// failed is the error of a call, or why there was no more time for it.
func (s *Systemd) failed(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &CallError{doing, err}
}

// find opens the cgroup in which the process now is.
func (s *Systemd) find(unit string, pid int) (*Group, error) {
	own, err := CgroupOf(pid)
	if err != nil {
		return nil, err
	}
	if path.Base(own) != unit {
		return nil, &CallError{"start " + unit, errors.New("the process is in the cgroup " + own + " instead")}
	}
	g, err := Open(path.Join(s.host.Mount, own))
	if err != nil {
		return nil, err
	}
	g.Unit = unit
	return g, nil
}
