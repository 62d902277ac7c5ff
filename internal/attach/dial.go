package attach

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrNobody is Dial's when there is nobody to attach to.
	ErrNobody = errors.New("the container has just ended, or its supervisor is gone")
	// ErrLost is Receive's when the connection ends without an exit status: the supervisor
	// was killed, or this client did not read and was dropped.
	ErrLost = errors.New("the connection to the container's supervisor is lost")
)

// Dial connects to the Hub of the container whose directory is dir.
func Dial(dir string) (*Client, error) { return dial(dir, 10*time.Second) }

func dial(dir string, patience time.Duration) (*Client, error) {
	conn, err := connect(dir)
	if err == nil {
		c := &Client{conn: conn, from: frames{from: conn}}
		_ = conn.SetReadDeadline(time.Now().Add(patience)) // a supervisor may be stopped
		if err = c.greet(); err == nil {
			_ = conn.SetReadDeadline(time.Time{})
			return c, nil
		}
		conn.Close()
	}
	if errors.Is(err, ErrNobody) {
		return nil, err
	}
	return nil, fmt.Errorf("connect to %s: %w", filepath.Join(dir, socketName), err)
}

func connect(dir string) (*net.UnixConn, error) {
	at, err := enter(dir)
	if err == nil {
		defer unix.Close(at)
		var conn *net.UnixConn
		if conn, err = net.DialUnix("unix", nil, address(at)); err == nil {
			return conn, nil
		}
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
		return nil, ErrNobody
	}
	return nil, cause(err)
}

// greet reads the first frame.
func (c *Client) greet() error {
	kind, body, err := c.from.next()
	switch {
	case gone(err): // it ended before it let this client in
		return ErrNobody
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the supervisor does not answer")
	case err != nil:
		return err
	case kind == refusal:
		return errors.New(string(body))
	case kind != greeting || len(body) != 1:
		return errMalformed
	case body[0] != version:
		return fmt.Errorf("the supervisor speaks version %d of the protocol, and this urun version %d", body[0], version)
	}
	return nil
}

// gone tells whether the other side has closed the connection. With a reset it left
// something unread.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, unix.ECONNRESET)
}
