package cgroup2

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// within is a context that ends soon, and fails the test when it is not heeded.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	start := time.Now()
	t.Cleanup(func() {
		cancel()
		if took := time.Since(start); took > d+10*time.Second {
			t.Errorf("the test took %v, and had %v", took, d)
		}
	})
	return ctx
}

// listen gives each connection to serve, which closes it.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "unix:path=" + path
}

func dialFails(t *testing.T, ctx context.Context, absent bool, want string, addresses ...string) *DialError {
	t.Helper()
	fds, conns := descriptors(t), connections()
	s, err := DialSystemd(ctx, Host{}, addresses)
	if err == nil {
		s.Close()
		t.Fatal("there was a connection")
	}
	// Whoever fails closes, and does not wait for ctx to do it.
	settles(t, "descriptors", fds, func() int { return descriptors(t) })
	settles(t, "goroutines of connections", conns, connections)
	var dial *DialError
	if !errors.As(err, &dial) || errors.Is(err, ErrNoBus) != absent || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v (no bus: %v), want one with %q (no bus: %v)", err, errors.Is(err, ErrNoBus), want, absent)
	}
	return dial
}

func TestDialTellsThatThereIsNoBus(t *testing.T) {
	sealed(t)
	ctx := within(t, 20*time.Second)
	dialFails(t, ctx, true, "there is no address to try")
	dialFails(t, ctx, true, "no such file or directory", "unix:path=/nonexistent/bus")
	stale := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	l.Close()
	dialFails(t, ctx, true, stale+": connection refused", "unix:path="+stale)
	got := dialFails(t, ctx, true, "", "unix:path=/nonexistent/bus", "unix:path="+stale)
	if len(got.Addresses) != 2 || !errors.Is(got.Errs[0], unix.ENOENT) || !errors.Is(got.Errs[1], unix.ECONNREFUSED) {
		t.Errorf("got %+v", got)
	}
}

// An address may name a program to be started, or another machine.
func TestDialUsesUnixAddressesAlone(t *testing.T) {
	sealed(t)
	canary := filepath.Join(t.TempDir(), "canary")
	dialFails(t, within(t, 20*time.Second), true, "only unix: addresses are used", "unixexec:path=/usr/bin/touch,argv1="+canary, "tcp:host=127.0.0.1,port=1", "")
	if _, err := os.Stat(canary); err == nil {
		t.Error("the program was started")
	}
}

// Each part of a list is an address of its own: godbus takes it apart, too.
func TestDialTakesNoListForAnAddress(t *testing.T) {
	sealed(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	var n atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	dialFails(t, within(t, 300*time.Millisecond), true, "", "unix:path=/nonexistent/bus;tcp:host=127.0.0.1,port="+port)
	if n.Load() > 0 {
		t.Error("a TCP port was connected to")
	}
}

func TestDialTellsThatNobodyAnswers(t *testing.T) {
	sealed(t)
	address := listen(t, func(c net.Conn) {
		_, _ = io.Copy(io.Discard, c)
		c.Close()
	})
	dialFails(t, within(t, 300*time.Millisecond), false, ": no answer in time", address)
	why := errors.New("the cause")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, why)
	defer cancel()
	if got := dialFails(t, ctx, false, ": the cause", address, "unix:path=/nonexistent"); len(got.Addresses) != 1 || !errors.Is(got, why) {
		t.Errorf("got %+v", got)
	}
}

func TestDialTellsThatTheBusIsBusy(t *testing.T) {
	sealed(t)
	var n atomic.Int32
	address := listen(t, func(c net.Conn) {
		n.Add(1)
		c.Close()
	})
	got := dialFails(t, within(t, 400*time.Millisecond), false, "", address)
	if n.Load() < 3 {
		t.Errorf("it was tried %d times", n.Load())
	}
	if text := got.Error(); !strings.Contains(text, "busy") && !strings.Contains(text, "no answer in time") {
		t.Errorf("it does not say that it was tried until the end: %s", text)
	}
}

func TestDialTellsThatTheBusRefuses(t *testing.T) {
	sealed(t)
	address := listen(t, func(c net.Conn) {
		defer c.Close()
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if _, err := io.WriteString(c, "REJECTED EXTERNAL\r\n"); err != nil {
				return
			}
		}
	})
	dialFails(t, within(t, 20*time.Second), false, ": authentication failed", address)
	// What is no bus is no reason to try for ever.
	address = listen(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "220 mail.example.org\r\n")
		_, _ = io.Copy(io.Discard, c)
		c.Close()
	})
	dialFails(t, within(t, 20*time.Second), false, ": authentication protocol error", address)
}
