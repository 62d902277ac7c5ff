package container

import (
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// console connects the caller's terminal to the container's pty.
type console struct {
	master *os.File
	fileno int           // of master
	fd     int           // the caller's terminal, or -1
	saved  *unix.Termios // what restore puts back
	mu     sync.Mutex
	begun  bool          // the command runs, and has the caller's keys
	output chan struct{} // closed when the pty has given all it had
	busy   atomic.Bool   // what it has given is being written
	over   atomic.Bool   // the command has ended
}

// newConsole finds the caller's terminal.
func newConsole() *console {
	c := &console{fd: -1, output: make(chan struct{})}
	for _, fd := range []int{0, 1, 2} {
		if saved, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
			c.fd = fd
			if fd == 0 { // without its keys there is no use for raw mode, and Ctrl-C would do nothing
				c.saved = saved
			}
			break
		}
	}
	return c
}

// connect begins to copy from the pty to standard output.
func (l *launch) connect(master int) {
	c := newConsole()
	c.master, c.fileno = os.NewFile(uintptr(master), "pty"), master
	signal.Ignore(unix.SIGPIPE) // it would end urun with the terminal raw; copyOut sees EPIPE
	l.relay.mu.Lock()
	l.console = c
	l.relay.mu.Unlock()
	l.resize()
	go c.copyOut()
}

// begin hands the caller's keys over, when the command runs: nobody would heed a Ctrl-C
// before. Until then it is a signal to urun, and ends the start.
func (c *console) begin() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.begun = true
	c.mu.Unlock()
	c.raw()
	go c.copyIn()
}

// raw hands every key to the container, Ctrl-C among them: cfmakeraw(3).
func (c *console) raw() {
	if c == nil || c.saved == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		return
	}
	t := *c.saved
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(c.fd, unix.TCSETSW, &t) // a terminal that hung up needs no mode
}

// lines leaves the terminal as it is, for a command that has none of its own, but for what
// would keep the keys that detach: Ctrl-Q starts output again (IXON), and a line is handed
// over at its end, which the last of the keys is, too (VEOL, termios(3)).
func (c *console) lines(keys []byte) {
	if c.saved == nil {
		return
	}
	t := *c.saved
	t.Iflag &^= unix.IXON
	if n := len(keys); n > 0 {
		t.Cc[unix.VEOL] = keys[n-1]
	}
	_ = unix.IoctlSetTermios(c.fd, unix.TCSETSW, &t) // as below
}

// restore gives the caller's terminal back as it was.
func (c *console) restore() {
	if c == nil || c.saved == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = unix.IoctlSetTermios(c.fd, unix.TCSETSW, c.saved)
}

// resize gives the pty the size of the caller's terminal.
func (l *launch) resize() {
	c := l.console
	if c == nil || c.fd < 0 {
		return
	}
	if ws, err := unix.IoctlGetWinsize(c.fd, unix.TIOCGWINSZ); err == nil {
		_ = unix.IoctlSetWinsize(int(c.master.Fd()), unix.TIOCSWINSZ, ws)
	}
}

func (c *console) copyIn() {
	buf := make([]byte, 32<<10)
	last := byte('\n')
	for {
		n, err := os.Stdin.Read(buf)
		if n > 0 {
			last = buf[n-1]
			if _, err := c.master.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			// The end of input is a character on a terminal: VEOF, which within a line
			// only hands over what there is of it.
			end := []byte{4}
			if last != '\n' {
				end = []byte{4, 4}
			}
			_, _ = c.master.Write(end)
			return
		}
	}
}

// copyOut ends with EIO, when nobody has the slave open any more. When the caller
// takes no more output, the terminal hangs up: the command gets SIGHUP, or would
// wait for room in the pty for ever.
func (c *console) copyOut() {
	defer close(c.output)
	buf, after := make([]byte, 32<<10), 0
	for {
		n, err := c.master.Read(buf)
		if n > 0 {
			c.busy.Store(true)
			_, werr := os.Stdout.Write(buf[:n])
			c.busy.Store(false)
			if werr != nil {
				c.master.Close()
				return
			}
			if c.over.Load() {
				if after += n; after > 1<<20 {
					return // more than a pty holds: it is written to by somebody else
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// giveBack is after which time the memory that the start took is given back to the
// system: a command that lives so long does not notice, a shorter one pays nothing.
const giveBack = 200 * time.Millisecond

// attend waits for the container's end, then for the rest of its output.
func (l *launch) attend(c *forkexec.Child) (ws unix.WaitStatus, err error) {
	defer l.console.restore()
	if l.opt.Detach == nil {
		defer time.AfterFunc(giveBack, debug.FreeOSMemory).Stop()
	}
	stop := func() {}
	if l.place.watch != nil {
		stop = c.Attend(l.place.note)
	}
	if l.opt.Timeout > 0 {
		defer time.AfterFunc(l.opt.Timeout, func() { l.expire(c) }).Stop()
	}
	s, err := c.Wait()
	stop()
	l.result.OOMKills = l.place.kills(unix.WaitStatus(s)) // before anything else: systemd is about to remove the counter
	l.net.drop(l.place.wanted)
	defer l.record.drop()
	defer l.place.drop()
	if l.console != nil && err == nil {
		l.console.drain(l.owns(specs.PIDNamespace))
	}
	l.out.drain(l.owns(specs.PIDNamespace))
	if l.swept != nil {
		<-l.swept // however short the command was
	}
	if err == nil {
		l.finish(unix.WaitStatus(s))
	}
	return unix.WaitStatus(s), err
}

// drain waits until the pty has given all, however slow the reader is. Someone in another
// container may have been given its slave and hold it for ever, so its end is not waited
// for; nor with --pid host, where what a process that outlives the command still writes has
// a short time.
func (c *console) drain(certain bool) {
	c.over.Store(true)
	for nothing := 0; ; {
		select {
		case <-c.output:
			return
		case <-time.After(pause / 10):
		}
		fds := []unix.PollFd{{Fd: int32(c.fileno), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, 0)
		if nothing++; certain && (c.busy.Load() || err != nil || fds[0].Revents != 0) {
			nothing = 0
		}
		if nothing == 10 {
			return
		}
	}
}
