package cgroup2

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/godbus/dbus/v5/prop"
)

func TestSystemdTellsOfItself(t *testing.T) {
	address, _ := bus(t, "")
	f := systemd(t, address, (*fake).done)
	_, err := prop.Export(f.Conn, managerPath, prop.Map{managerName: {
		"Version":      {Value: "257.8-1"},
		"ControlGroup": {Value: "/user.slice/user-1000.slice/user@1000.service"},
	}})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := DialSystemd(ctx, Host{}, []string{address})
	must(t, err)
	defer s.Close()
	about, err := s.About(ctx)
	if want := (About{"257.8-1", "/user.slice/user-1000.slice/user@1000.service"}); err != nil || about != want {
		t.Errorf("it is %+v, %v", about, err)
	}
}

// A bus alone is not enough: dbus-daemon runs in many containers.
func TestABusWithoutASystemdIsNone(t *testing.T) {
	address, _ := bus(t, "")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := DialSystemd(ctx, Host{}, []string{address})
	must(t, err)
	defer s.Close()
	if about, err := s.About(ctx); !errors.Is(err, ErrNoBus) {
		t.Errorf("it is %+v, %v", about, err)
	}
}

// A systemd that knows no such property says so, and is no bus without one.
func TestASystemdThatDoesNotTell(t *testing.T) {
	address, _ := bus(t, "")
	f := systemd(t, address, (*fake).done)
	_, err := prop.Export(f.Conn, managerPath, prop.Map{managerName: {"Version": {Value: uint32(7)}}})
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := DialSystemd(ctx, Host{}, []string{address})
	must(t, err)
	defer s.Close()
	var call *CallError
	if about, err := s.About(ctx); !errors.As(err, &call) || errors.Is(err, ErrNoBus) || about.Version != "" {
		t.Errorf("it is %+v, %v", about, err)
	}
}
