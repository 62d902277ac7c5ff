//go:build session

package cgroup2

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The tests of this file ask a real systemd --user: hack/session has one, and so has any session of a systemd system.

func dialReal(t *testing.T) (*Systemd, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	host, err := Probe()
	if err != nil {
		t.Fatal(err)
	}
	s, err := DialSystemd(ctx, host, []string{os.Getenv("DBUS_SESSION_BUS_ADDRESS")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, ctx
}

func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command("sleep", "100")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return c
}

// get is a property of a unit, or systemd's error.
func get(s *Systemd, unit, iface, name string) (dbus.Variant, error) {
	var at dbus.ObjectPath
	if err := s.manager.Call("org.freedesktop.systemd1.Manager.GetUnit", 0, unit).Store(&at); err != nil {
		return dbus.Variant{}, err
	}
	return s.conn.Object("org.freedesktop.systemd1", at).GetProperty("org.freedesktop.systemd1." + iface + "." + name)
}

func TestARealScope(t *testing.T) {
	s, ctx := dialReal(t)
	c := sleeper(t)
	r := Request{Name: fmt.Sprintf("urun-real-%d", c.Process.Pid), Description: "urun real: sleep 100", PID: c.Process.Pid,
		Settings: []Setting{{File: "memory.max", Value: "104857600"}, {File: "cpu.max", Value: "20000 100000"}, {File: "cpuset.cpus", Value: "0"}, {File: "pids.max", Value: "20"}}}
	g, err := s.Make(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	own, err := CgroupOf(c.Process.Pid)
	if err != nil || path.Base(own) != r.Name+".scope" || !strings.HasSuffix(g.Path, own) || g.Unit != r.Name+".scope" {
		t.Errorf("it is in %s, the group is %s (%s), %v", own, g.Path, g.Unit, err)
	}
	for name, want := range map[string]string{
		"Scope.Delegate": "true", "Unit.Description": `"urun real: sleep 100"`, "Unit.CollectMode": `"inactive-or-failed"`,
		"Scope.MemoryMax": "@t 104857600", "Scope.CPUQuotaPerSecUSec": "@t 200000", "Scope.TasksMax": "@t 20",
	} {
		iface, property, _ := strings.Cut(name, ".")
		if v, err := get(s, g.Unit, iface, property); err != nil || v.String() != want {
			t.Errorf("%s is %v, %v, want %s", name, v, err, want)
		}
	}
	var missing *MissingError
	if _, err := g.Apply(r.Settings); err != nil && (!errors.As(err, &missing) || !missing.Undelegated()) {
		t.Errorf("without controllers that is the error: %v", err)
	}
	if err := s.StopEmpty(ctx, g.Unit); err != nil || !g.Populated() {
		t.Errorf("a scope with a process was stopped: %v", err)
	}
	if err := s.Update(ctx, g.Unit, []Setting{{File: "memory.max", Value: "209715200"}}); err != nil {
		t.Error(err)
	}
	if v, err := get(s, g.Unit, "Scope", "MemoryMax"); err != nil || v.String() != "@t 209715200" {
		t.Errorf("after an update MemoryMax is %v, %v", v, err)
	}
	var taken *TakenError
	if _, err := s.Make(ctx, Request{Name: r.Name, PID: sleeper(t).Process.Pid}); !errors.As(err, &taken) {
		t.Errorf("its name again: %v", err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	gone(t, s, g.Unit)
}

// gone waits until systemd has no such unit.
func gone(t *testing.T, s *Systemd, unit string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := get(s, unit, "Unit", "Id"); named(err, "org.freedesktop.systemd1.NoSuchUnit") {
			return
		}
	}
	t.Errorf("%s stays", unit)
}

// Keeps away: a scope for ever, around a process that was dead before systemd moved it.
func TestAScopeAroundADeadProcessDoesNotStay(t *testing.T) {
	s, ctx := dialReal(t)
	c := sleeper(t)
	_ = c.Process.Kill()
	time.Sleep(50 * time.Millisecond) // a zombie, whose pid is no one else's
	name := fmt.Sprintf("urun-dead-%d", c.Process.Pid)
	if g, err := s.Make(ctx, Request{Name: name, PID: c.Process.Pid}); err == nil {
		t.Errorf("there is a group: %s", g.Path)
		g.Close()
	}
	gone(t, s, name+".scope")
}

func TestManyRealScopesAtOnce(t *testing.T) {
	const n = 24
	errs := make(chan error, n)
	for i := range n {
		c := sleeper(t)
		s, ctx := dialReal(t)
		go func() {
			g, err := s.Make(ctx, Request{Name: fmt.Sprintf("urun-many-%d-%d", os.Getpid(), i), PID: c.Process.Pid})
			if err == nil {
				g.Close()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
