package container

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/logfile"
)

// A container in the background has an urun of its own that looks after it: the same
// command line once more, in a session of its own, which does what urun does for a
// container in the foreground. The urun that was called waits until the command runs. The
// two speak over a socket: the bytes that come are signals, and nought once those are
// caught; what goes back is the container's id, once.

// Detach is what a container in the background needs besides.
type Detach struct {
	Front *os.File        // the socket to the urun that waits for the start; nil: nobody waits
	Logs  []string        // directories that may keep logs, the likeliest first; nil: no log is kept
	Log   logfile.Options // how large it may be

	heard     chan struct{} // closed when the urun in front passes on its signals, or is gone
	inherited []int         // the caller's own descriptors beside the first three
}

// supervisorName is what such an urun is called, in its first argument.
const supervisorName = "urun-supervisor"

// frontFD is its end of the socket.
const frontFD = 3

// Supervisor tells whether this process is to look after a container in the background,
// and gives the socket to who waits for its start.
func Supervisor(args []string) (front *os.File, yes bool) {
	if len(args) == 0 || args[0] != supervisorName {
		return nil, false
	}
	_ = os.WriteFile("/proc/self/comm", []byte("urun"), 0) // it was executed as /proc/self/exe
	unix.CloseOnExec(frontFD)
	if err := unix.SetNonblock(frontFD, true); err != nil {
		return nil, true // called so by hand
	}
	return os.NewFile(frontFD, "front"), true
}

// Background starts an urun for a container in the background, with the same arguments,
// and waits until the command runs. It gives the container's id, or the exit status of
// the start that failed, about which that urun has told.
func Background(args, environ []string) (id string, status int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", 0, failure(nil, os.NewSyscallError("socketpair", err))
	}
	front := os.NewFile(uintptr(pair[0]), "supervisor")
	defer front.Close()
	theirs := os.NewFile(uintptr(pair[1]), "front")
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return "", 0, failure(nil, err)
	}
	defer out.Close()
	p, err := os.StartProcess("/proc/self/exe", append([]string{supervisorName}, args...), &os.ProcAttr{
		Env: environ, Files: []*os.File{os.Stdin, out, os.Stderr, theirs}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	theirs.Close()
	if err != nil {
		return "", 0, failure(nil, err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
	go func() {
		_, _ = front.Write([]byte{0}) // as below
		for s := range signals {
			_, _ = front.Write([]byte{byte(s.(syscall.Signal))}) // who has ended needs no signal
		}
	}()
	said, err := io.ReadAll(front)
	if len(said) > 0 {
		return string(said), 0, nil
	}
	s, werr := p.Wait()
	if werr != nil {
		return "", 0, failure(nil, errors.Join(err, werr))
	}
	if ws := s.Sys().(syscall.WaitStatus); ws.Signaled() {
		return "", 0, failure(nil, errors.New("the urun that was to look after the container was killed: "+ws.Signal().String()+" ("+strconv.Itoa(int(ws.Signal()))+")"))
	}
	return "", s.ExitCode(), nil
}

// heed passes on the signals that the urun in front gets, and ends the start when that
// ends: nobody would know of the container.
func (l *launch) heed() {
	d := l.opt.Detach
	if d == nil || d.Front == nil {
		return
	}
	front, heard := d.Front, make(chan struct{})
	d.heard, d.inherited = heard, inherited()
	go func() {
		begun := sync.OnceFunc(func() { close(heard) })
		defer begun()
		for b := make([]byte, 1); ; {
			n, err := front.Read(b)
			sig := unix.SIGTERM
			if n == 1 {
				sig = syscall.Signal(b[0])
			}
			if sig == 0 {
				begun()
				continue
			}
			r := &l.relay
			r.mu.Lock()
			if d.Front == nil {
				r.mu.Unlock()
				return // it has been told that the command runs, and that is so
			}
			l.pass(sig)
			if r.running {
				r.ended = sig // by announce
			}
			r.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// announce tells the urun in front that the command runs, and lets go of all that was its.
// A signal that came before ends the start; for one that comes later it is too late. So a
// signal must not end the urun in front before it has read that.
func (l *launch) announce() error {
	d := l.opt.Detach
	if d == nil || d.Front == nil {
		return nil
	}
	if err := unshareOutput(); err != nil {
		return err
	}
	for _, fd := range d.inherited {
		unix.Close(fd) // somebody may wait for the end of a pipe, or for a lock
	}
	<-d.heard
	r := &l.relay
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != 0 {
		return &interruptedError{r.ended}
	}
	_, err := d.Front.Write([]byte(l.opt.ID))
	d.Front.Close()
	if err == nil {
		d.Front = nil
	}
	return err
}

// inherited are the descriptors that the caller has left open: what they are for has been
// read. Go opens none that way.
func inherited() (list []int) {
	entries, _ := os.ReadDir("/proc/self/fd") // without /proc there was no start
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd < 3 {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.CloseOnExec(fd) // nor are they for the helpers
			list = append(list, fd)
		}
	}
	return list
}

// unshareOutput lets go of the caller's files and directory, which may be a pipe that
// somebody reads to its end, or on a disk that is to be unmounted.
func unshareOutput() error {
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	defer unix.Close(null)
	for fd := range 3 {
		if err := unix.Dup3(null, fd, 0); err != nil {
			return os.NewSyscallError("dup3", err)
		}
	}
	return os.Chdir("/")
}

// notices keeps what was said about a container, for its record. Once nobody hears it any
// more it goes to the log.
type notices struct {
	mu    sync.Mutex
	lines []string
}

// notice says one line to the user.
func (l *launch) notice(line string) {
	if l.opt.Detach == nil || !l.relay.runningNow() {
		l.front(line)
		return
	}
	l.said.add(line)
	l.out.say(line)
}

// front says one line to the user while the urun in front still waits, though the command
// may run.
func (l *launch) front(line string) {
	l.said.add(line)
	l.opt.Notice(line)
}

func (n *notices) add(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

func (n *notices) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.lines...)
}
