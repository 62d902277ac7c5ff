package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/attach"
	"github.com/urun-project/urun/internal/state"
)

// Attaching is how the caller's terminal is connected with a container in the background.
type Attaching struct {
	Keys    attach.Keys // typed, they detach
	NoStdin bool        // the container gets nothing that is typed
	NoProxy bool        // nor the caller's signals
	Notice  func(line string)
}

// Attach connects the caller with the container's command, until that has ended or the
// caller detaches.
func (a Access) Attach(r state.Record, how Attaching) (status int, detached bool, err error) {
	if !r.Detached {
		return 0, false, failure(nil, fmt.Errorf("the container %s is in the foreground: its output is where it was started; urun exec %s runs a command in it", quote(r.Called()), r.Called()))
	}
	dir, err := state.Open(a.States)
	if err != nil {
		return 0, false, failure(nil, err)
	}
	client, err := attach.Dial(dir.Of(r.ID))
	if err != nil {
		return 0, false, failure(nil, fmt.Errorf("attach to %s: %w; urun ps -a shows what became of it", quote(r.Called()), err))
	}
	defer client.Close()
	t := &attached{Access: a, record: r, how: how, client: client, console: newConsole(), left: make(chan struct{})}
	t.signals()
	if r.Terminal && !how.NoStdin {
		t.console.begun = true
		t.console.raw()
	} else {
		t.console.lines(how.Keys)
	}
	defer t.console.restore()
	t.resize()
	if !how.NoStdin || t.console.saved != nil { // where there are keys there is a way out
		go t.copyIn()
	}
	status, detached, err = t.copyOut()
	if err == nil && !detached {
		t.tidied()
	}
	return status, detached, failure(nil, err)
}

// tidied waits until the container is what its command is, ended: whoever was attached may
// remove it next.
func (t *attached) tidied() {
	if w, err := t.waiter(t.record); err == nil && w != nil {
		t.gone(w, killDeadline)
		w.Close()
	}
}

// attached is the caller's side.
type attached struct {
	Access
	record  state.Record
	how     Attaching
	client  *attach.Client
	console *console
	left    chan struct{} // closed when the caller has detached
	once    sync.Once
}

// copyOut shows what the command writes.
func (t *attached) copyOut() (status int, detached bool, err error) {
	for {
		e, err := t.client.Receive()
		select {
		case <-t.left:
			return 0, true, nil
		default:
		}
		switch {
		case errors.Is(err, attach.ErrLost):
			return 0, false, failure(nil, fmt.Errorf("attach to %s: %w; urun ps -a shows what became of it", quote(t.record.Called()), err))
		case err != nil:
			return 0, false, failure(nil, err)
		case e.Kind == attach.Exit:
			return e.Status, false, nil
		case e.Kind == attach.Stderr:
			_, err = os.Stderr.Write(e.Data)
		default:
			_, err = os.Stdout.Write(e.Data)
		}
		if errors.Is(err, unix.EPIPE) {
			return 0, true, nil // who reads has read enough
		}
		if err != nil {
			return 0, false, failure(nil, fmt.Errorf("write what the container writes: %w; it runs on", err))
		}
	}
}

// copyIn sends what is typed, until the keys that detach.
func (t *attached) copyIn() {
	scanner := attach.NewScanner(t.how.Keys)
	buf := make([]byte, 32<<10)
	for {
		n, err := os.Stdin.Read(buf)
		out, detach := scanner.Scan(buf[:n])
		if len(out) > 0 && !t.how.NoStdin && t.client.Send(out) != nil {
			return // Receive tells why
		}
		if detach {
			t.detach()
			return
		}
		if err != nil {
			if rest := scanner.Rest(); len(rest) > 0 && !t.how.NoStdin {
				_ = t.client.Send(rest) // as above
			}
			if !t.record.Terminal && !t.how.NoStdin && !hungUp() {
				_ = t.client.SendEnd() // as above
			}
			if err == io.EOF && t.console.saved != nil && !hungUp() {
				continue // Ctrl-D ends the command's input, and not that of the keys
			}
			return
		}
	}
}

// hungUp tells whether the input has ended with its terminal, which is not the end of what
// there is to be read. Its last read may give no error.
func hungUp() bool {
	_, err := unix.IoctlGetTermios(0, unix.TCGETS)
	return err == unix.EIO
}

func (t *attached) detach() {
	t.once.Do(func() {
		close(t.left)
		t.client.Close()
	})
}

// signals passes on what would end urun: the container's command is to see it, and to be
// attached ends with that. A terminal that hangs up detaches.
func (t *attached) signals() {
	ch := make(chan os.Signal, 8)
	signal.Ignore(unix.SIGPIPE) // it would end urun with the terminal raw; copyOut sees EPIPE
	signal.Notify(ch, unix.SIGWINCH, unix.SIGHUP)
	if !t.how.NoProxy {
		signal.Notify(ch, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2)
	}
	go func() {
		for s := range ch {
			switch s {
			case unix.SIGWINCH:
				t.resize()
			case unix.SIGHUP:
				t.detach()
				return
			default:
				if err := t.Access.signal(t.record, s.(syscall.Signal)); err != nil {
					t.how.Notice(err.Error())
				}
			}
		}
	}()
}

func (t *attached) resize() {
	if t.console.fd < 0 || !t.record.Terminal {
		return
	}
	if ws, err := unix.IoctlGetWinsize(t.console.fd, unix.TIOCGWINSZ); err == nil {
		_ = t.client.Resize(ws.Row, ws.Col) // Receive tells why
	}
}
