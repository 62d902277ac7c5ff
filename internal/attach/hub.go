package attach

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Hub is the supervisor's end. The functions are set before Serve; those that are nil do
// nothing.
type Hub struct {
	// Input writes to the container's standard input or pty, and may wait for it. Of
	// all clients' frames one at a time is handed over, in its order for each client. An
	// error changes nothing for the client, which may go on watching.
	Input func(p []byte) error
	// InputEnd says that a client's input ended. It does not run beside Input.
	InputEnd func()
	// Resize is called also while Input waits, and from several goroutines.
	Resize func(rows, cols uint16)

	path     string
	listener *net.UnixListener
	uid      uint32
	most     int // clients at a time

	in  sync.Mutex // held while one frame of input is handed over
	out sync.Mutex // held while one Output is sent; taken before mu

	mu       sync.Mutex    // of the fields below; never held while something waits
	guests   []*guest      // replaced and never changed: who has it needs no lock
	patience time.Duration // with a client that takes nothing
	ended    bool          // nobody comes in any more
}

// Listen makes the socket in dir, which is the container's own and lets nobody else in.
// End removes it.
func Listen(dir string) (*Hub, error) {
	path := filepath.Join(dir, socketName)
	at, err := enter(dir)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	defer unix.Close(at)
	l, err := listen(at)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, cause(err))
	}
	// A umask may have taken the right to connect from the user, too.
	if err := unix.Fchmodat(at, socketName, 0o600, 0); err != nil {
		l.Close()
		_ = os.Remove(path)
		return nil, fmt.Errorf("chmod %s: %w", path, err)
	}
	return &Hub{path: path, listener: l, uid: uint32(os.Geteuid()), most: 64, patience: 10 * time.Second}, nil
}

// Serve lets clients in until End. It does not wait for that.
func (h *Hub) Serve() { go h.accept() }

func (h *Hub) accept() {
	for {
		conn, err := h.listener.AcceptUnix()
		switch {
		case err == nil:
			h.admit(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default: // no descriptor or no memory is left, which may pass
			time.Sleep(time.Second)
		}
	}
}

func (h *Hub) admit(conn *net.UnixConn) {
	g, err := newGuest(conn)
	if err != nil {
		conn.Close()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ended:
		conn.Close()
	case g.uid != h.uid && g.uid != 0: // the directory's mode keeps others out, unless it was opened for them
		g.refuse(fmt.Sprintf("uid %d may not attach to a container of uid %d", g.uid, h.uid))
	case len(h.guests) >= h.most:
		g.refuse(fmt.Sprintf("%d clients are attached already, which is the limit", len(h.guests)))
	default: // under mu: no output comes before the greeting, and who was greeted hears the exit
		g.say(greeting, []byte{version})
		h.guests = append(slices.Clone(h.guests), g)
		go h.follow(g)
	}
}

func (h *Hub) attached() []*guest {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.guests
}

func (h *Hub) forget(g *guest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.guests = slices.DeleteFunc(slices.Clone(h.guests), func(o *guest) bool { return o == g })
}
