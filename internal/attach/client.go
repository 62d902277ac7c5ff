package attach

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

// Client is the end of `urun attach`. Its functions may run beside each other, Receive
// once at a time. An error of those that send tells that the other side has closed, and
// Receive tells why.
type Client struct {
	conn *net.UnixConn
	from frames
	over bool // the exit status has come

	mu sync.Mutex // held while a frame is sent
}

// Event is what Receive gives.
type Event struct {
	Kind   byte   // Stdout, Stderr or Exit
	Data   []byte // of the first two, valid until the next Receive
	Status int    // of Exit
}

// Receive waits for the next event. After Exit it gives io.EOF; an end without one is
// ErrLost.
func (c *Client) Receive() (Event, error) {
	kind, body, err := c.from.next()
	switch {
	case gone(err) && c.over:
		return Event{}, io.EOF
	case gone(err):
		return Event{}, ErrLost
	case err != nil:
		return Event{}, fmt.Errorf("read from the supervisor: %w", err)
	case kind == Stdout, kind == Stderr:
		return Event{Kind: kind, Data: body}, nil
	case kind == Exit && len(body) == 4:
		c.over = true
		return Event{Kind: kind, Status: int(int32(binary.LittleEndian.Uint32(body)))}, nil
	}
	return Event{}, fmt.Errorf("read from the supervisor: %w", errMalformed)
}

// Send sends input. It waits while the container does not read.
func (c *Client) Send(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), bodyMax)
		if err := c.send(input, p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// SendEnd says that there is no more input.
func (c *Client) SendEnd() error { return c.send(inputEnd, nil) }

// Resize tells the size of the client's terminal.
func (c *Client) Resize(rows, cols uint16) error {
	var body [4]byte
	binary.LittleEndian.PutUint16(body[:], rows)
	binary.LittleEndian.PutUint16(body[2:], cols)
	return c.send(window, body[:])
}

// Close detaches. What waits in another function returns.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) send(kind byte, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := head(kind, len(body))
	parts := net.Buffers{h[:], body}
	if _, err := parts.WriteTo(c.conn); err != nil {
		return fmt.Errorf("write to the supervisor: %w", cause(err))
	}
	return nil
}
