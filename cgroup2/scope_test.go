package cgroup2

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// make asks a fake that does so for a scope.
func makeScope(t *testing.T, ctx context.Context, do func(*fake, call) error, settings ...Setting) (*fake, error) {
	t.Helper()
	own(t)
	address, _ := bus(t, "")
	f := systemd(t, address, do)
	s := dialled(t, address)
	g, err := s.Make(ctx, request(settings...))
	if err == nil {
		g.Close()
	}
	return f, err
}

func TestMakeSendsAllProperties(t *testing.T) {
	sealed(t)
	settings := []Setting{
		{File: "memory.max", Value: "1000"}, {File: "pids.max", Value: "max"}, {File: "cpu.max", Value: "20000 100000"},
		{File: "cpuset.cpus", Value: "0,9"}, {File: "io.max", Value: "8:0 rbps=5"}, {File: "hugetlb.2MB.max", Value: "0"},
	}
	f, err := makeScope(t, within(t, 20*time.Second), (*fake).done, settings...)
	if !begun(err) {
		t.Fatal(err)
	}
	calls := f.got()
	if len(calls) != 1 || calls[0].unit != "urun-test.scope" || calls[0].mode != "fail" || len(calls[0].more) != 0 {
		t.Fatalf("got %+v", calls)
	}
	sent := texts(scopeProperties(request(settings...)))
	// Structs come as lists of their fields.
	if got := strings.NewReplacer("[[/dev/block/8:0 5]]", "[{/dev/block/8:0 5}]").Replace(texts(calls[0].props)); got != sent {
		t.Errorf("got\n%s\nwant\n%s", got, sent)
	}
}

// The order of the job's end and of the answer, what else ends meanwhile, and how long it takes are systemd's.
func TestMakeWaitsForItsOwnJob(t *testing.T) {
	for name, do := range map[string]func(*fake, call) error{
		"before the answer": func(f *fake, c call) error {
			f.removed(job, c.unit, "done")
			time.Sleep(30 * time.Millisecond)
			return nil
		},
		"after the answer": func(f *fake, c call) error {
			time.AfterFunc(30*time.Millisecond, func() { f.removed(job, c.unit, "done") })
			return nil
		},
		"late": func(f *fake, c call) error {
			time.Sleep(100 * time.Millisecond)
			return f.done(c)
		},
		"after other jobs": func(f *fake, c call) error {
			for range 200 { // more than the channel holds
				f.removed(managerPath+"/job/6", c.unit, "failed")
				f.removed(managerPath+"/job/6", "other.scope", "failed")
			}
			_ = f.Emit(managerPath, managerName+".JobRemoved", uint32(7))
			_ = f.Emit(managerPath, managerName+".JobNew", uint32(7), job, c.unit, "failed")
			return f.done(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			if _, err := makeScope(t, within(t, 20*time.Second), do); !begun(err) {
				t.Error(err)
			}
		})
	}
}

// A bus need not be a good one.
func TestOtherSignalsAreNotForTheJob(t *testing.T) {
	s := &Systemd{signals: make(chan *dbus.Signal, 8)}
	const removed = managerName + ".JobRemoved"
	for _, sig := range []dbus.Signal{
		{Name: removed}, {Name: removed, Body: []any{uint32(7), job}}, {Name: removed, Body: []any{uint32(7), string(job), "a.scope", "failed"}},
		{Name: managerName + ".JobNew", Body: []any{uint32(7), job, "a.scope", "failed"}}, {Name: removed, Body: []any{uint32(7), job, "a.scope", "done"}},
		{Name: removed, Body: []any{uint32(7), job, "a.scope", 7}},
	} {
		s.signals <- &sig
	}
	must(t, s.await(t.Context(), "a.scope", job))
	if err := s.await(t.Context(), "a.scope", job); err == nil {
		t.Error("a result of another type was done")
	}
	close(s.signals)
	if err := s.await(t.Context(), "a.scope", job); err == nil || err.Error() != "start a.scope: the bus closed the connection" {
		t.Errorf("got %v", err)
	}
}

func TestMakeTriesAgain(t *testing.T) {
	first := func(n int, err error) func(*fake, call) error {
		return func(f *fake, c call) error {
			if c.n < n {
				return err
			}
			return f.done(c)
		}
	}
	for name, c := range map[string]struct {
		do    func(*fake, call) error
		calls int
	}{
		"the old scope is just ending": {first(3, answer("org.freedesktop.systemd1.UnitExists", "Unit urun-test.scope already exists.")), 4},
		"too many calls":               {first(2, answer("org.freedesktop.DBus.Error.LimitsExceeded", "too many")), 3},
		"systemd 252":                  {first(1, answer("org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property OOMPolicy, or unknown property.")), 2},
	} {
		t.Run(name, func(t *testing.T) {
			sealed(t)
			f, err := makeScope(t, within(t, 20*time.Second), c.do, Setting{File: "memory.max", Value: "1000"})
			calls := f.got()
			if !begun(err) || len(calls) != c.calls {
				t.Fatalf("%d calls, %v", len(calls), err)
			}
			all := texts(scopeProperties(request(Setting{File: "memory.max", Value: "1000"})))
			if name == "systemd 252" {
				all = strings.Replace(all, "OOMPolicy s continue\n", "", 1)
			}
			if got := texts(calls[len(calls)-1].props); got != all {
				t.Errorf("the last call has\n%s\nwant\n%s", got, all)
			}
		})
	}
}

func TestTheScopeIsFoundWhereTheProcessIs(t *testing.T) {
	path := own(t)
	mount := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(mount, path), 0o755))
	s := &Systemd{host: Host{Mount: mount}}
	g, err := s.find(filepath.Base(path), os.Getpid())
	must(t, err)
	defer g.Close()
	if g.Unit != filepath.Base(path) || g.Path != filepath.Join(mount, path) {
		t.Errorf("got %+v", g)
	}
	var call *CallError
	if _, err := s.find("other.scope", os.Getpid()); !errors.As(err, &call) {
		t.Errorf("got %v", err)
	}
	if _, err := s.find("other.scope", 1<<30); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no process: %v", err)
	}
}

// What urun cannot do without is never left out, whatever an answer says.
func TestOnlyWhatMakesThingsBetterIsLeftOut(t *testing.T) {
	props := scopeProperties(Request{PID: 1, Parent: "a.slice", Settings: []Setting{{File: "memory.max", Value: "1"}}})
	names := func(list []property) string {
		var all []string
		for _, p := range list {
			all = append(all, p.Name)
		}
		return strings.Join(all, " ")
	}
	const all = "Description PIDs Delegate CollectMode OOMPolicy Slice MemoryMax"
	const unknown, readOnly = "Cannot set property %, or unknown property.", "org.freedesktop.DBus.Error.PropertyReadOnly"
	for _, c := range []struct{ name, text, property, want string }{
		{readOnly, unknown, "OOMPolicy", "Description PIDs Delegate CollectMode Slice MemoryMax"},
		{readOnly, unknown, "MemoryMax", "Description PIDs Delegate CollectMode OOMPolicy Slice"},
		{"org.freedesktop.DBus.Error.InvalidArgs", unknown, "OOMPolicy", "Description PIDs Delegate CollectMode Slice MemoryMax"},
		{readOnly, unknown, "PIDs", all}, {readOnly, unknown, "Slice", all}, {readOnly, unknown, "Delegate", all},
		{readOnly, unknown, "Memory", all}, {readOnly, unknown, "StartupMemoryMax", all},
		{readOnly, "Cannot set property %, because.", "OOMPolicy", all},
		{"org.freedesktop.DBus.Error.AccessDenied", unknown, "OOMPolicy", all},
	} {
		err := answer(c.name, strings.Replace(c.text, "%", c.property, 1))
		if got := names(withoutUnknown(props, err)); got != c.want {
			t.Errorf("%s, %s: got %s, want %s", c.name, c.property, got, c.want)
		}
	}
	if got := names(withoutUnknown(props, dbus.ErrClosed)); got != all || names(props) != all {
		t.Errorf("got %s", got)
	}
}
