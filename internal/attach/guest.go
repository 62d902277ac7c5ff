package attach

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// guest is a client as the supervisor has it.
type guest struct {
	conn *net.UnixConn
	raw  syscall.RawConn
	uid  uint32 // when it connected
}

func newGuest(conn *net.UnixConn) (*guest, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	if e := raw.Control(func(fd uintptr) {
		peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	return &guest{conn, raw, peer.Uid}, nil
}

// say sends a small first frame, for which there is room. An error is one that follow and
// send get, too.
func (g *guest) say(kind byte, body []byte) {
	h := head(kind, len(body))
	_ = g.raw.Control(func(fd uintptr) { _, _ = push(fd, rest(h[:], body, 0)) })
}

func (g *guest) refuse(why string) {
	g.say(refusal, []byte(why))
	g.conn.Close() // the kernel keeps what was sent for the client to read
}

// send sends a frame. allow gives it a deadline for each step.
func (g *guest) send(kind byte, body []byte, allow func(*guest)) error {
	h := head(kind, len(body))
	for sent := 0; sent < len(h)+len(body); {
		allow(g)
		n, err := g.step(rest(h[:], body, sent))
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// step sends some of the parts, when there is room for it.
func (g *guest) step(parts [][]byte) (n int, err error) {
	waited := g.raw.Write(func(fd uintptr) bool {
		n, err = push(fd, parts)
		return !errors.Is(err, unix.EAGAIN)
	})
	if errors.Is(waited, os.ErrDeadlineExceeded) {
		// The poller wakes when three quarters of the buffer are free (unix_writable of
		// net/unix/af_unix.c). A slow reader that has made less room took something, too.
		waited = g.raw.Control(func(fd uintptr) { n, err = push(fd, parts) })
	}
	if waited != nil {
		return 0, waited
	}
	return n, err
}

// push sends what there is room for. MSG_NOSIGNAL: SIGPIPE may have got its default back.
func push(fd uintptr, parts [][]byte) (n int, err error) {
	for {
		n, err = unix.SendmsgBuffers(int(fd), parts, nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// rest is what of a frame follows the bytes that were sent.
func rest(head, body []byte, sent int) [][]byte {
	if sent < len(head) {
		return [][]byte{head[sent:], body}
	}
	return [][]byte{body[sent-len(head):]}
}

// allow gives a guest its time for the next step.
func (h *Hub) allow(g *guest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = g.conn.SetWriteDeadline(time.Now().Add(h.patience))
}
