package cgroup2

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// About is what a systemd says of itself.
type About struct {
	Version string // such as "257.8-1~deb13u2"
	Cgroup  string // its own, absolute below the place where cgroup v2 is mounted
}

// About asks systemd about itself. That nobody answers is an [ErrNoBus].
func (s *Systemd) About(ctx context.Context) (a About, err error) {
	for name, to := range map[string]*string{"Version": &a.Version, "ControlGroup": &a.Cgroup} {
		var v dbus.Variant
		err := s.manager.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, "org.freedesktop.systemd1.Manager", name).Store(&v)
		switch {
		case nobody(err):
			return a, fmt.Errorf("%w: %s", ErrNoBus, reason(err))
		case err != nil:
			return a, s.failed(ctx, "ask systemd for its "+name, err)
		}
		*to, _ = v.Value().(string) // another type would be of another systemd
	}
	return a, nil
}
