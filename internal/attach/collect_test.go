package attach

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// heard is all that a client received.
type heard struct {
	out, err []byte
	order    []byte // the kinds
	status   int
	end      error
}

// collect receives until the end.
func collect(c *Client) <-chan heard {
	done := make(chan heard, 1)
	go func() {
		h := heard{status: -1000}
		for {
			e, err := c.Receive()
			if err != nil {
				h.end = err
				done <- h
				return
			}
			h.order = append(h.order, e.Kind)
			switch e.Kind {
			case Stdout:
				h.out = append(h.out, e.Data...)
			case Stderr:
				h.err = append(h.err, e.Data...)
			case Exit:
				h.status = e.Status
			}
		}
	}()
	return done
}

// whole checks that a client heard everything to the end.
func whole(t *testing.T, h heard, out []byte, status int) {
	t.Helper()
	if !bytes.Equal(h.out, out) {
		t.Errorf("%d bytes of output came for %d, or others", len(h.out), len(out))
	}
	if h.status != status || !errors.Is(h.end, io.EOF) {
		t.Errorf("the end was %d, %v; want %d", h.status, h.end, status)
	}
	if n := bytes.IndexByte(h.order, Exit); n != len(h.order)-1 {
		t.Errorf("the status came as %d of %d", n, len(h.order))
	}
}

// pattern is n bytes of which no part looks like another.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(1)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}
