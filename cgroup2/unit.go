package cgroup2

import (
	"context"
	"errors"
	"os"
	"path"

	"github.com/godbus/dbus/v5"
)

// Freeze has systemd stop all processes of a unit where they are, or let them go on: it
// knows then that it has to wake them before it stops the unit. systemd answers when it
// is done.
func (s *Systemd) Freeze(ctx context.Context, unit string, frozen bool) error {
	method := map[bool]string{true: "FreezeUnit", false: "ThawUnit"}[frozen]
	err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager."+method, dbus.FlagNoAutoStart, unit).Err
	if err != nil {
		return s.failed(ctx, method+" "+unit, err)
	}
	return nil
}

// Update changes limits of a scope that exists, for as long as it exists.
func (s *Systemd) Update(ctx context.Context, unit string, settings []Setting) error {
	props := properties(settings)
	for len(props) > 0 {
		err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager.SetUnitProperties", dbus.FlagNoAutoStart, unit, true, props).Err
		if err == nil {
			return nil
		}
		rest := withoutUnknown(props, err)
		if len(rest) == len(props) {
			return s.failed(ctx, "change "+unit, err)
		}
		props = rest
	}
	return nil
}

// StopEmpty stops a scope without processes. systemd does that by itself when the last
// one ends; but a scope whose process was dead before it was moved there never had one,
// and stays for ever. Not to find the unit is no error.
func (s *Systemd) StopEmpty(ctx context.Context, unit string) error {
	var at dbus.ObjectPath
	err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager.GetUnit", dbus.FlagNoAutoStart, unit).Store(&at)
	if named(err, "org.freedesktop.systemd1.NoSuchUnit") {
		return nil
	}
	var own string
	if err == nil {
		err = s.conn.Object("org.freedesktop.systemd1", at).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
			"org.freedesktop.systemd1.Scope", "ControlGroup").Store(&own)
	}
	if err != nil {
		return s.failed(ctx, "look at "+unit, err)
	}
	if own != "" {
		// What is not known to be empty is left alone: to stop a scope kills what is in it.
		if populated, err := s.populated(own); err != nil || populated {
			return err
		}
	}
	return s.Stop(ctx, unit)
}

// Stop stops a unit with all that is in it. Not to find it is no error.
func (s *Systemd) Stop(ctx context.Context, unit string) error {
	err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager.StopUnit", dbus.FlagNoAutoStart, unit, "replace").Err
	if err != nil && !named(err, "org.freedesktop.systemd1.NoSuchUnit") {
		return s.failed(ctx, "stop "+unit, err)
	}
	return nil
}

// populated tells whether there are processes in a cgroup; one that is gone has none.
func (s *Systemd) populated(own string) (bool, error) {
	if s.host.Mount == "" {
		return false, errors.New("no cgroup v2 hierarchy is mounted")
	}
	g, err := Open(path.Join(s.host.Mount, own))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer g.Close()
	return g.event("populated")
}

// Attach moves a process into a unit of the user's, or into a cgroup below that: from a
// session of the user's, whose processes only the system's own systemd may move.
func (s *Systemd) Attach(ctx context.Context, unit, below string, pid int) error {
	err := s.manager.CallWithContext(ctx, "org.freedesktop.systemd1.Manager.AttachProcessesToUnit", dbus.FlagNoAutoStart,
		unit, below, []uint32{uint32(pid)}).Err
	if err != nil {
		return s.failed(ctx, "move a process into "+unit, err)
	}
	return nil
}
