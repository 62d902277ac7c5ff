package attach

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Output sends what the container wrote, Stdout or Stderr, to all clients, and waits for
// the slow ones: one that takes nothing for ten seconds is dropped. With no client it
// returns at once.
func (h *Hub) Output(stream byte, p []byte) {
	h.out.Lock()
	defer h.out.Unlock()
	for len(p) > 0 {
		guests := h.attached()
		if len(guests) == 0 {
			return
		}
		n := min(len(p), bodyMax)
		h.broadcast(guests, stream, p[:n])
		p = p[n:]
	}
}

// broadcast sends to all at the same time, so that several who do not read cost no more
// time than one.
func (h *Hub) broadcast(guests []*guest, kind byte, body []byte) {
	var all sync.WaitGroup
	for _, g := range guests {
		all.Go(func() {
			err := g.send(kind, body, h.allow)
			if err == nil {
				return
			}
			h.forget(g)
			// After EPIPE, follow reads what the client sent before it went, and closes.
			if !errors.Is(err, unix.EPIPE) {
				g.conn.Close()
			}
		})
	}
	all.Wait()
}

// End tells all clients the container's exit status, after all output, removes the socket
// and closes the connections. A client that takes nothing for a second is dropped now. It
// does not wait for a function of the Hub that runs: Input may only return when its file
// is closed.
func (h *Hub) End(status int) {
	if !h.close() {
		return
	}
	h.out.Lock()
	defer h.out.Unlock()
	var body [4]byte
	binary.LittleEndian.PutUint32(body[:], uint32(int32(status)))
	h.broadcast(h.attached(), Exit, body[:])
	for _, g := range h.attached() {
		g.conn.Close() // the kernel keeps what was sent for the client to read
	}
}

// close lets nobody in any more, and has an Output that waits lose its patience. It is
// false when it was done already.
func (h *Hub) close() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.ended = true
	h.patience = min(h.patience, time.Second)
	for _, g := range h.guests {
		_ = g.conn.SetWriteDeadline(time.Now().Add(h.patience))
	}
	_ = os.Remove(h.path) // without a listener it stands for nothing
	h.listener.Close()
	return true
}
