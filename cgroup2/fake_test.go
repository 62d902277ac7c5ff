package cgroup2

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	managerName = "org.freedesktop.systemd1.Manager"
	managerPath = dbus.ObjectPath("/org/freedesktop/systemd1")
)

// aux is StartTransientUnit's last argument, which is always empty.
type aux struct {
	Name  string
	Props []property
}

// call is one that the fake got.
type call struct {
	unit, mode string
	props      []property
	more       []aux
	n          int // calls before it
}

// fake is a systemd on a bus: what it does with a call is the test's.
type fake struct {
	*dbus.Conn
	mu    sync.Mutex
	calls []call
}

const job = managerPath + "/job/7"

// removed tells everyone that a job has ended.
func (f *fake) removed(job dbus.ObjectPath, unit, result string) {
	_ = f.Emit(managerPath, managerName+".JobRemoved", uint32(7), job, unit, result)
}

// done answers as systemd does when all is well.
func (f *fake) done(c call) error {
	f.removed(job, c.unit, "done")
	return nil
}

// answer is an error with a name of D-Bus.
func answer(name, text string) error { return dbus.Error{Name: name, Body: []any{text}} }

// systemd puts a fake on the bus.
func systemd(t *testing.T, address string, do func(*fake, call) error) *fake {
	t.Helper()
	conn, err := dbus.Connect(address)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	f := &fake{Conn: conn}
	take := func(c call) *dbus.Error {
		f.mu.Lock()
		c.n = len(f.calls)
		f.calls = append(f.calls, c)
		f.mu.Unlock()
		err := do(f, c)
		if said := (dbus.Error{}); errors.As(err, &said) {
			return &said
		} else if err != nil {
			return dbus.MakeFailedError(err)
		}
		return nil
	}
	must(t, conn.ExportMethodTable(map[string]any{
		"StartTransientUnit": func(unit, mode string, props []property, more []aux) (dbus.ObjectPath, *dbus.Error) {
			return job, take(call{unit: unit, mode: mode, props: props, more: more})
		},
		"SetUnitProperties": func(unit string, runtime bool, props []property) *dbus.Error {
			return take(call{unit: unit, mode: fmt.Sprint(runtime), props: props})
		},
	}, managerPath, managerName))
	if reply, err := conn.RequestName("org.freedesktop.systemd1", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("own the name of systemd: %v, %v", reply, err)
	}
	return f
}

// got are the calls so far.
func (f *fake) got() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]call(nil), f.calls...)
}

// request is one of the test's own process, which no fake can move: at its end Make finds it elsewhere.
func request(settings ...Setting) Request {
	return Request{Name: "urun-test", Description: "a test", PID: os.Getpid(), Settings: settings}
}

// begun tells whether Make did all but find the process in the new cgroup.
func begun(err error) bool {
	var call *CallError
	return errors.As(err, &call) && strings.HasPrefix(err.Error(), "start urun-test.scope: the process is in the cgroup ")
}
