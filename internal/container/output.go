package container

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/attach"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
)

// output is where the output of a container in the background goes: to its log, and to
// whoever is attached. In the foreground it is what goes to the caller's terminals, when the
// command has none of its own. It is opened before the clone, because the child has copies
// of the descriptors that are open then, and ends after the command.
type output struct {
	inside  []int // the command's standard input, output and error; nil: not from here
	void    bool  // they are /dev/null
	streams []*stream
	stdin   *os.File // what the command reads; nil without
	master  bool     // it is the master of the command's pty

	terminals bool      // in the foreground: pipes in place of the caller's terminals
	merged    bool      // standard error is standard output's pipe, which keeps the order
	keys      *keyboard // what fills stdin; nil without

	dir  string          // of the log; "" without
	log  *logfile.Writer // nil without
	hub  *attach.Hub     // nil until the command runs
	bufs sync.Pool       // of pumps
	done sync.WaitGroup  // for those

	mu   sync.Mutex  // on what follows
	idle *time.Timer // see flush
	over bool        // the log is closed
}

// stream is one of the command's outputs, or its terminal.
type stream struct {
	from *os.File
	to   *os.File // the caller's terminal; nil in the background
	kind byte     // as attach has it
	name logfile.Stream
}

// openOutput makes the pipes and the log of a container in the background, or pipes for the
// caller's terminals.
func (l *launch) openOutput() (err error) {
	o, d := &l.out, l.opt.Detach
	if d == nil {
		return l.openTerminals(l.dry)
	}
	if err := o.openLog(l, d); err != nil {
		return err
	}
	if l.spec.Process.Terminal {
		return nil // its master comes later
	}
	o.inside = []int{-1, -1, -1}
	if l.dry {
		return nil
	}
	if l.opt.Wishes.Stdin {
		o.inside[0], o.stdin, err = pipe(false)
	} else if o.inside[0], err = unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		err = &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	if err != nil {
		return err
	}
	for i, s := range []stream{{kind: 'o', name: logfile.Stdout}, {kind: 'e', name: logfile.Stderr}} {
		if o.inside[1+i], s.from, err = pipe(true); err != nil {
			return err
		}
		o.streams = append(o.streams, &s)
	}
	return nil
}

func (o *output) openLog(l *launch, d *Detach) error {
	if d.Logs == nil || l.dry {
		return nil
	}
	dir, err := state.Open(l.opt.States)
	if err != nil {
		return err
	}
	if o.dir, err = dir.MakeLog(d.Logs, l.opt.ID); err != nil {
		return fmt.Errorf("the container's log: %w; --log-driver none does without, XDG_STATE_HOME names another directory for it", err)
	}
	l.record.record.Log = o.dir
	if o.log, err = logfile.Create(o.dir, d.Log); err != nil {
		_ = state.RemoveLog(o.dir, logfile.Remove) // it is empty
		return fmt.Errorf("the container's log: %w; --log-driver none does without", err)
	}
	return nil
}

// pipe makes one whose end inside blocks as a program expects, and urun's does not.
func pipe(reads bool) (inside int, outside *os.File, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, nil, os.NewSyscallError("pipe2", err)
	}
	ours, theirs := p[0], p[1]
	if !reads {
		ours, theirs = theirs, ours
	}
	_ = unix.SetNonblock(ours, true) // it is a pipe
	return theirs, os.NewFile(uintptr(ours), "pipe"), nil
}

// connect gives the child its ends.
func (o *output) connect(p *forkexec.Program, uid, gid uint32) {
	place, why := "background-", "nobody's terminal and nobody's file"
	if o.terminals {
		place, why = "pipe-of-", "not the caller's terminal, which someone inside could keep"
	}
	for fd, end := range o.inside {
		if end == handed {
			continue
		}
		name := []string{"stdin", "stdout", "stderr"}[fd]
		p.Call(why, unix.SYS_DUP3, p.Descriptor(place+name, end), fd, 0)
		if fd > 0 && !o.void || o.terminals {
			// EPERM: it belongs to someone who has no number here.
			owned := p.Call("so that the user may open /dev/"+name, unix.SYS_FCHOWN, fd, uid, gid)
			p.Tolerate(owned, unix.EPERM, unix.EINVAL)
		}
	}
	if o.merged {
		p.Call("the same pipe for the same terminal: it keeps the order", unix.SYS_DUP3, 1, 2, 0)
	}
}

// terminal takes the master of the command's pty.
func (o *output) terminal(fd int) {
	_ = unix.SetNonblock(fd, true) // it is a pty
	master := os.NewFile(uintptr(fd), "pty")
	o.streams, o.stdin, o.master = []*stream{{from: master, kind: 'o', name: logfile.Stdout}}, master, true
}

// begin takes what the command writes from now on. dir is where attach finds the hub.
func (o *output) begin(dir string, tty bool) error {
	o.closeInside()
	signal.Ignore(unix.SIGXFSZ) // a log that may not grow is full, and no reason to end
	hub, err := attach.Listen(dir)
	if err != nil {
		return err
	}
	hub.Input = o.input
	hub.InputEnd = func() { o.inputEnd(tty) }
	hub.Resize = o.resize
	o.hub = hub
	hub.Serve()
	for _, s := range o.streams {
		o.done.Add(1)
		go o.pump(s)
	}
	return nil
}

// pumpSize is how much is taken at a time.
const pumpSize = 32 << 10

// pump passes on what comes, until the last who could write has gone. It waits without
// memory of its own: a thousand containers have nothing to say most of the time.
func (o *output) pump(s *stream) {
	defer o.done.Done()
	conn, err := s.from.SyscallConn()
	if err != nil {
		return
	}
	for {
		n := 0
		err := conn.Read(func(fd uintptr) bool {
			buf, _ := o.bufs.Get().(*[pumpSize]byte)
			if buf == nil {
				buf = new([pumpSize]byte)
			}
			defer o.bufs.Put(buf)
			var rerr error
			for n, rerr = unix.Read(int(fd), buf[:]); rerr == unix.EINTR; n, rerr = unix.Read(int(fd), buf[:]) {
			}
			if rerr == unix.EAGAIN {
				return false
			}
			if n > 0 && !o.pass(s, buf[:n]) {
				n = 0
			}
			return true
		})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			o.rest(s, conn)
			return
		}
		if err != nil || n <= 0 { // of a pty whose slave nobody has open the end is EIO
			if s.to != nil {
				s.from.Close() // a terminal that takes no more: the command gets SIGPIPE
			}
			return
		}
	}
}

// rest passes on what there still is when the command has ended: no more than fits, because
// whoever has been given the other end may go on writing for ever.
func (o *output) rest(s *stream, conn syscall.RawConn) {
	buf := make([]byte, pumpSize)
	for left := 1 << 20; left > 0; {
		n := 0
		err := conn.Control(func(fd uintptr) {
			n, _ = unix.Read(int(fd), buf) // whatever it is, it is the end
		})
		if err != nil || n <= 0 {
			return
		}
		if !o.pass(s, buf[:n]) {
			return
		}
		left -= n
	}
}

// pass writes to the log first: it is what counts. It tells whether more is wanted.
func (o *output) pass(s *stream, p []byte) bool {
	if s.to != nil {
		_, err := s.to.Write(p)
		return err == nil
	}
	if o.log != nil {
		o.log.Write(s.name, p, time.Now())
	}
	o.hub.Output(s.kind, p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.idle == nil {
		o.idle = time.AfterFunc(quiet, o.flush)
	} else {
		o.idle.Reset(quiet)
	}
	return true
}

// quiet is after which time without output what there is of a line is logged.
const quiet = 200 * time.Millisecond

// flush is called when nothing has come for a while.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log != nil && !o.over {
		o.log.Flush(time.Now())
	}
}

func (o *output) input(p []byte) error {
	if o.stdin == nil {
		return nil // as podman does with what is typed to a container without -i
	}
	_, err := o.stdin.Write(p)
	return err
}

// inputEnd closes what the command reads. The end of input on a terminal is for who sits
// there to type.
func (o *output) inputEnd(tty bool) {
	if o.stdin != nil && !tty {
		_ = o.stdin.Close() // a second end is none
	}
}

func (o *output) resize(rows, cols uint16) {
	if o.master {
		if conn, err := o.stdin.SyscallConn(); err == nil {
			_ = conn.Control(func(fd uintptr) {
				_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols}) // a pty that has hung up needs no size
			})
		}
	}
}

// say puts a line of urun's own into the log: there is nobody else to read it.
func (o *output) say(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log != nil && !o.over {
		o.log.Write(logfile.Stderr, []byte("urun: "+line+"\n"), time.Now())
	}
}

// drain waits until all that was written is passed on. That the other end is closed is not
// waited for: a process may have it that outlives the command, or one in another container
// that was given it. Only the first can have something to add, and has a short time.
func (o *output) drain(certain bool) {
	if o.keys != nil {
		o.keys.over.Store(true) // what is typed now is the shell's
	}
	if o.hub == nil && !o.terminals {
		return
	}
	if !certain {
		ended := make(chan struct{})
		go func() {
			o.done.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(pause):
		}
	}
	for _, s := range o.streams {
		_ = s.from.SetReadDeadline(time.Unix(1, 0)) // it is a pipe or a pty
	}
	o.done.Wait()
}

// pause is for those who outlive the command, and write what belongs to it.
const pause = 200 * time.Millisecond

// closeLog ends the log, and tells what of the output is not in it.
func (o *output) closeLog() (lost string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.idle != nil {
		o.idle.Stop()
	}
	o.over = true
	if o.log == nil {
		return ""
	}
	err := o.log.Close(time.Now())
	n, why := o.log.Untold()
	switch {
	case n > 0:
		return fmt.Sprintf("%d bytes of its output: %s", n, cause(why))
	case err != nil:
		return "the end of its output: " + cause(err)
	}
	return ""
}

// end tells who is attached what became of the command.
func (o *output) end(status int) {
	if o.hub != nil {
		o.hub.End(status)
	}
}

func (o *output) closeInside() {
	for _, fd := range o.inside {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	o.inside = nil
}

// close lets go of everything.
func (o *output) close() {
	o.closeInside()
	for _, s := range o.streams {
		s.from.Close()
	}
	if o.stdin != nil {
		_ = o.stdin.Close() // it may be closed already
	}
}
