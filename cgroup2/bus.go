package cgroup2

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// Systemd is a connection to the user's systemd.
type Systemd struct {
	conn    *dbus.Conn
	manager dbus.BusObject
	signals chan *dbus.Signal
	address string
	host    Host
}

// ErrNoBus tells that nobody listens at any of the addresses, or no systemd is there.
var ErrNoBus = errors.New("no user bus with a systemd on it")

// DialError tells how each address failed.
type DialError struct {
	Addresses []string
	Errs      []error // of each
}

func (e *DialError) Error() string {
	if len(e.Addresses) == 0 {
		return ErrNoBus.Error() + ": there is no address to try"
	}
	var parts []string
	for i, err := range e.Errs {
		parts = append(parts, e.Addresses[i]+": "+reason(err))
	}
	return "connect to the user bus: " + strings.Join(parts, "; ")
}

// Unwrap makes an [ErrNoBus] of it when nobody listens at all.
func (e *DialError) Unwrap() []error {
	for _, err := range e.Errs {
		if !absent(err) {
			return e.Errs
		}
	}
	return []error{ErrNoBus}
}

func absent(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EACCES) || errors.Is(err, errAddress)
}

// reason is the error without net's "dial unix PATH: connect:", which repeats the address.
func reason(err error) string {
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, dbus.ErrClosed), errors.Is(err, io.EOF):
		return "the bus closed the connection"
	}
	return strings.TrimPrefix(err.Error(), "dbus: ")
}

var errAddress = errors.New("only unix: addresses are used")

// DialSystemd connects to the first of the D-Bus addresses that answers, such as
// "unix:path=/run/user/1000/bus". A bus that is too busy is asked again until ctx ends;
// an error is a [*DialError]. ctx is the connection's: when it ends, so does that.
//
// The sender's uid is what the bus knows a caller by (EXTERNAL), so the connection is
// made outside the container's user namespace.
func DialSystemd(ctx context.Context, host Host, addresses []string) (*Systemd, error) {
	failed := &DialError{}
	for _, address := range addresses {
		s, err := dial(ctx, host, address)
		if err == nil {
			return s, nil
		}
		failed.Addresses, failed.Errs = append(failed.Addresses, address), append(failed.Errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// Address is the one at which it answered.
func (s *Systemd) Address() string { return s.address }

// patience is how long one address may take to answer before the next is tried.
const patience = 3 * time.Second

func dial(ctx context.Context, host Host, address string) (*Systemd, error) {
	// unixexec: starts a program, tcp: leaves the machine, and behind a semicolon there may be either.
	if !strings.HasPrefix(address, "unix:") || strings.Contains(address, ";") {
		return nil, errAddress
	}
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		conn, err := connect(ctx, address)
		if err == nil {
			s := &Systemd{conn: conn, host: host, address: address, signals: make(chan *dbus.Signal, 64)}
			s.manager = conn.Object("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
			conn.Signal(s.signals)
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !busy(err) {
			return nil, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, errors.New("too busy: " + reason(err))
		}
	}
}

// busy tells of errors that a second try may not meet: the queue of connections is
// full (EAGAIN), or the bus has as many of them as it allows and closes the newest.
func busy(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) || errors.Is(err, io.EOF) || errors.Is(err, dbus.ErrClosed) ||
		named(err, "org.freedesktop.DBus.Error.LimitsExceeded")
}

// named tells whether an error is this one of D-Bus.
func named(err error, name string) bool {
	var e dbus.Error
	return errors.As(err, &e) && e.Name == name
}

func connect(ctx context.Context, address string) (*dbus.Conn, error) {
	conn, err := dbus.Dial(address, dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	hangs := time.AfterFunc(patience, func() { conn.Close() })
	err = conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Getuid()))})
	if err == nil {
		err = conn.Hello()
	}
	if !hangs.Stop() && ctx.Err() == nil {
		err = context.DeadlineExceeded
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// Close ends the connection. What was made over it stays.
func (s *Systemd) Close() { s.conn.Close() }
