package cgroup2

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// unit is what a fake systemd has of one scope.
type unit struct {
	get, stop error
	cgroup    string // its ControlGroup
	stopped   atomic.Int32
}

func (u *unit) put(t *testing.T, f *fake) {
	t.Helper()
	const path = managerPath + "/unit/urun_2dtest_2escope"
	say := func(err error) *dbus.Error {
		if said := (dbus.Error{}); errors.As(err, &said) {
			return &said
		}
		return nil
	}
	must(t, f.ExportMethodTable(map[string]any{
		"StartTransientUnit": func(name, _ string, _ []property, _ []aux) (dbus.ObjectPath, *dbus.Error) {
			f.removed(job, name, "done")
			return job, nil
		},
		"GetUnit": func(string) (dbus.ObjectPath, *dbus.Error) { return path, say(u.get) },
		"StopUnit": func(name, mode string) (dbus.ObjectPath, *dbus.Error) {
			if name != "urun-test.scope" || mode != "replace" {
				t.Errorf("StopUnit %s %s", name, mode)
			}
			u.stopped.Add(1)
			return job, say(u.stop)
		},
	}, managerPath, managerName))
	must(t, f.ExportMethodTable(map[string]any{
		"Get": func(_, name string) (dbus.Variant, *dbus.Error) {
			if name != "ControlGroup" {
				t.Errorf("Get %s", name)
			}
			return dbus.MakeVariant(u.cgroup), nil
		},
	}, path, "org.freedesktop.DBus.Properties"))
}

// A scope that was started around a process that was dead by then stays for ever; one with processes is someone's.
func TestOnlyEmptyScopesAreStopped(t *testing.T) {
	none := answer("org.freedesktop.systemd1.NoSuchUnit", "Unit urun-test.scope not loaded.")
	denied := answer("org.freedesktop.DBus.Error.AccessDenied", "no")
	mount := t.TempDir()
	for name, events := range map[string]string{"full": "populated 1\nfrozen 0\n", "empty": "populated 0\nfrozen 0\n"} {
		must(t, os.Mkdir(mount+"/"+name, 0o755))
		must(t, os.WriteFile(mount+"/"+name+"/cgroup.events", []byte(events), 0o644))
	}
	must(t, os.Mkdir(mount+"/unknown", 0o755))
	for name, c := range map[string]struct {
		unit    *unit
		mount   string
		stopped int32
		want    string
	}{
		"there is none":            {unit: &unit{get: none}, mount: mount},
		"it has no cgroup":         {unit: &unit{}, mount: mount, stopped: 1},
		"its cgroup is gone":       {unit: &unit{cgroup: "/gone"}, mount: mount, stopped: 1},
		"it is empty":              {unit: &unit{cgroup: "/empty"}, mount: mount, stopped: 1},
		"it has processes":         {unit: &unit{cgroup: "/full"}, mount: mount},
		"it ends by itself":        {unit: &unit{cgroup: "/empty", stop: none}, mount: mount, stopped: 1},
		"systemd does not tell":    {unit: &unit{get: denied}, mount: mount, want: "look at urun-test.scope: no"},
		"systemd does not stop it": {unit: &unit{cgroup: "/empty", stop: denied}, mount: mount, stopped: 1, want: "stop urun-test.scope: no"},
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			if err := stopEmpty(t, c.unit, c.mount); err == nil && c.want != "" || err != nil && err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if n := c.unit.stopped.Load(); n != c.stopped {
				t.Errorf("stopped %d times, want %d", n, c.stopped)
			}
		})
	}
	// To stop a scope kills what is in it.
	for name, c := range map[string]struct{ mount, cgroup string }{
		"where cgroups are is not known": {"", "/full"}, "what is in it is not known": {mount, "/unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			u := &unit{cgroup: c.cgroup}
			if err := stopEmpty(t, u, c.mount); u.stopped.Load() > 0 {
				t.Errorf("it was stopped: %v", err)
			}
		})
	}
}

func stopEmpty(t *testing.T, u *unit, mount string) error {
	t.Helper()
	address, _ := bus(t, "")
	u.put(t, systemd(t, address, (*fake).done))
	s := dialled(t, address)
	s.host.Mount = mount
	return s.StopEmpty(within(t, 20*time.Second), "urun-test.scope")
}

func TestMakeStopsAScopeThatTheProcessDidNotReach(t *testing.T) {
	sealed(t)
	own(t)
	address, _ := bus(t, "")
	u := &unit{}
	u.put(t, systemd(t, address, (*fake).done))
	s := dialled(t, address)
	s.host.Mount = t.TempDir()
	if _, err := s.Make(within(t, 20*time.Second), request()); !begun(err) || u.stopped.Load() != 1 {
		t.Errorf("stopped %d times, %v", u.stopped.Load(), err)
	}
	r := request()
	r.PID = 1 << 30
	if _, err := s.Make(within(t, 20*time.Second), r); err == nil || !strings.Contains(err.Error(), "no such file") || u.stopped.Load() != 2 {
		t.Errorf("a process that is gone: stopped %d times, %v", u.stopped.Load(), err)
	}
}
