package cgroup2

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// dialled is a connection that the test closes, and that leaves nothing.
func dialled(t *testing.T, addresses ...string) *Systemd {
	t.Helper()
	conns := connections()
	s, err := DialSystemd(within(t, 20*time.Second), Host{}, addresses)
	must(t, err)
	t.Cleanup(func() {
		s.Close()
		settles(t, "goroutines of the connection", conns, connections)
	})
	return s
}

func TestDialUsesTheFirstBusThatAnswers(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	f := systemd(t, address, (*fake).done)
	s := dialled(t, "unix:path=/nonexistent/bus", "tcp:host=127.0.0.1,port=1", address)
	must(t, s.Update(t.Context(), "a.scope", []Setting{{File: "pids.max", Value: "1"}}))
	if len(f.got()) != 1 {
		t.Errorf("systemd got %v", f.got())
	}
}

func TestDialTriesABusyBusAgain(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	systemd(t, address, (*fake).done)
	var n atomic.Int32
	s := dialled(t, listen(t, func(c net.Conn) {
		defer c.Close()
		if n.Add(1) < 3 {
			return
		}
		behind, err := net.Dial("unix", strings.TrimPrefix(address, "unix:path="))
		if err != nil {
			t.Error(err)
			return
		}
		defer behind.Close()
		go func() {
			_, _ = io.Copy(behind, c)
			behind.Close()
		}()
		_, _ = io.Copy(c, behind)
	}))
	must(t, s.Update(t.Context(), "a.scope", []Setting{{File: "pids.max", Value: "1"}}))
	if n.Load() != 3 {
		t.Errorf("connected %d times", n.Load())
	}
}

func TestDialWaitsForAFullBus(t *testing.T) {
	sealed(t)
	address, _ := bus(t, `<limit name="max_connections_per_user">1</limit>`)
	first, err := dbus.Connect(address)
	must(t, err)
	dialFails(t, within(t, 200*time.Millisecond), false, "", address)
	time.AfterFunc(100*time.Millisecond, func() { first.Close() })
	dialled(t, address)
}

// A bus that closes after the authentication is a busy one, whichever of the goroutines of a connection sees it first.
func TestDialTriesAgainWhenTheBusClosesAfterTheAuthentication(t *testing.T) {
	sealed(t)
	var n atomic.Int32
	address := listen(t, func(c net.Conn) {
		defer c.Close()
		n.Add(1)
		for lines := bufio.NewScanner(c); lines.Scan(); {
			word, _, _ := strings.Cut(strings.TrimLeft(lines.Text(), "\x00"), " ")
			reply := map[string]string{"AUTH": "OK 1234\r\n", "NEGOTIATE_UNIX_FD": "AGREE_UNIX_FD\r\n"}[word]
			if lines.Text() == "\x00AUTH" {
				reply = "REJECTED EXTERNAL\r\n"
			}
			if _, err := io.WriteString(c, reply); err != nil {
				return
			}
			if word == "NEGOTIATE_UNIX_FD" {
				_ = c.(*net.UnixConn).CloseWrite() // what comes later is taken, and not answered
			}
		}
	})
	for range 30 {
		again := n.Load() + 2
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		go func() {
			for ; n.Load() < again && ctx.Err() == nil; time.Sleep(time.Millisecond) {
			}
			cancel()
		}()
		if got := dialFails(t, ctx, false, "", address); n.Load() < again {
			t.Fatalf("it was tried once: %v", got)
		}
	}
}
