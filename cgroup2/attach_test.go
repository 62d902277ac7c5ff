package cgroup2

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// attaching puts the method on the bus: what it got, and what it answers.
func attaching(t *testing.T, f *fake, answer error) chan []any {
	t.Helper()
	got := make(chan []any, 8)
	must(t, f.ExportMethodTable(map[string]any{
		"AttachProcessesToUnit": func(unit, below string, pids []uint32) *dbus.Error {
			got <- []any{unit, below, pids}
			if said := (dbus.Error{}); errors.As(answer, &said) {
				return &said
			}
			return nil
		},
	}, managerPath, managerName))
	return got
}

// A user's systemd moves a process out of a login session, which the kernel lets nobody else of the user's do.
func TestAttachMovesOneProcess(t *testing.T) {
	for _, below := range []string{"", "/container", "/container/init.scope"} {
		t.Run("below "+below, func(t *testing.T) {
			sealed(t)
			address, _ := bus(t, "")
			got := attaching(t, systemd(t, address, (*fake).done), nil)
			must(t, dialled(t, address).Attach(within(t, 20*time.Second), "urun-test.scope", below, 4711))
			call := <-got
			if pids, _ := call[2].([]uint32); call[0] != "urun-test.scope" || call[1] != below || !slices.Equal(pids, []uint32{4711}) {
				t.Errorf("got %v", call)
			}
			if len(got) > 0 {
				t.Errorf("and once more: %v", <-got)
			}
		})
	}
}

func TestAttachTellsWhatSystemdSays(t *testing.T) {
	for name, text := range map[string]string{
		"org.freedesktop.systemd1.NoSuchUnit":     "Unit urun-test.scope not loaded.",
		"org.freedesktop.DBus.Error.AccessDenied": "Process with UID 100000 not owned by client's UID.",
		"org.freedesktop.systemd1.NoSuchProcess":  "Process with ID 4711 does not exist.",
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			address, _ := bus(t, "")
			attaching(t, systemd(t, address, (*fake).done), answer(name, text))
			err := dialled(t, address).Attach(within(t, 20*time.Second), "urun-test.scope", "", 4711)
			var call *CallError
			if !errors.As(err, &call) || err.Error() != "move a process into urun-test.scope: "+text || !named(err, name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A systemd that does not answer costs no more than the time there is.
func TestAttachEndsWhenTheTimeIsUp(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	f := systemd(t, address, (*fake).done)
	wait := make(chan bool)
	defer close(wait)
	must(t, f.ExportMethodTable(map[string]any{
		"AttachProcessesToUnit": func(string, string, []uint32) *dbus.Error { <-wait; return nil },
	}, managerPath, managerName))
	s, began := dialled(t, address), time.Now()
	if err := s.Attach(within(t, 100*time.Millisecond), "urun-test.scope", "", 4711); err == nil {
		t.Error("there was an answer")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
