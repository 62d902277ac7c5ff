package forkexec

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Child is a process that carries out a program.
type Child struct {
	Pid     int // in the caller's pid namespace
	PidFD   int // pidfd_open(2); pids are reused, this is not
	control [2]int
	init    initFile
	boot    []byte
	program *Program
	arena   *arena

	attended bool // the container may have sent something
	dumpable bool // the caller was, before the child shared its memory
}

// bootSize is room for struct boot and the child's stack. What nosplit functions
// may use of that is far less: 800 bytes.
const bootSize = 16 << 10

// Fixed are the flags that every clone has.
const Fixed = unix.CLONE_VM | unix.CLONE_PIDFD

// Spawn clones a child with new namespaces, which begins a session if told so,
// unshares more and waits for its program. Both take the kernel a while, in which the caller can find out what
// the program is.
//
// The parent-death signal that a program may ask for is sent when the calling
// *thread* ends (prctl(2)). Go ends a thread only with a goroutine that is locked to
// it, so the caller's must not be, unless it stays for as long as the child.
//
// The child is cloned in the namespaces of join; the user namespace comes first, because the
// others are entered with the capabilities in it.
func Spawn(flags, unshare uintptr, session bool, join ...Join) (*Child, error) {
	// Of two children that are cloned at once, each would have the other's control socket when both are there before both clones:
	// when the caller is killed then, neither sees the end of its own, and they stay for ever.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("create the control socket: %w", err)
	}
	c := &Child{PidFD: -1, control: pair, init: noInit}
	if err := c.spawn(flags, unshare, session, join); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Join is what setns(2) takes: a descriptor of a namespace that exists, or of a process
// (pidfd_open(2)) with the kinds of its namespaces.
type Join struct {
	FD    int
	Types uintptr // CLONE_NEW flags; of the descriptor of a namespace, 0 is any
}

func (c *Child) spawn(flags, unshare uintptr, session bool, join []Join) (err error) {
	if c.init, err = newInit(); err != nil {
		return err
	}
	size := bootSize
	if len(join) > 0 {
		size += bootSize // the process that enters the namespaces has a stack of its own
	}
	if c.boot, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the child's stack: %w", err)
	}
	b := bootAt(c.boot)
	was, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	c.dumpable = was == 1 && err == nil
	*b = boot{all: ^uint64(0), unshare: uint64(unshare), parent: uint64(c.control[0]), control: uint64(c.control[1])}
	if session {
		b.session = 1
	}
	flags |= Fixed | uintptr(unix.SIGCHLD)
	if len(join) > 0 {
		// Not even for the moment until its program says so may who is in those namespaces
		// attach to the child, whose memory is the caller's and whose /proc/PID/exe is urun.
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // it takes 0 and 1
		defer func() {
			if err != nil {
				c.Running()
			}
		}()
	}
	var r int
	if len(join) > 0 {
		r = cloneInside(flags, c.boot, join)
	} else {
		r = int(clone(flags, stackOf(c.boot), b))
	}
	if b.failed != 0 {
		return os.NewSyscallError("setns", syscall.Errno(b.errno))
	}
	if r < 0 {
		return os.NewSyscallError("clone", syscall.Errno(-r))
	}
	c.Pid, c.PidFD = r, int(int32(b.pidfd))
	return nil
}

// cloneInside is clone for a child in other namespaces. Its errno is that of either
// clone; what entering the namespaces gave is in boot.
func cloneInside(flags uintptr, mem []byte, join []Join) int {
	b := bootAt(mem)
	for i, j := range join {
		b.join[i] = [2]uint64{uint64(j.FD), uint64(j.Types)}
	}
	b.joins, b.flags, b.stack = uint64(len(join)), uint64(flags|unix.CLONE_PARENT), uint64(stackOf(mem))
	r := int(clone(unix.CLONE_VM|unix.CLONE_FILES|uintptr(unix.SIGCHLD), stackOf(mem[:bootSize]), b))
	if r < 0 {
		return r
	}
	for {
		// With __WALL: its signals are blocked, and nothing else ends it.
		if _, err := syscall.Wait4(r, nil, unix.WALL, nil); err != syscall.EINTR {
			return int(b.result)
		}
	}
}

// Load gives the child its program, which begins at once. timing notes when each
// step began.
func (c *Child) Load(p *Program, config InitConfig, timing bool) error {
	mask := bootAt(c.boot).mask
	if err := c.init.write(config, mask, c.control[1]); err != nil {
		return err
	}
	named := map[Named]int{Control: c.control[1], Init: c.init.fd, InitWriter: c.init.writer}
	maps.Copy(named, p.named)
	a, err := p.build(named, timing)
	if err != nil {
		return err
	}
	c.program, c.arena = p, a
	// Not to be held by whoever execs: ETXTBSY.
	c.init.close()
	unix.Close(c.control[1])
	c.control[1] = -1
	message := a.address()
	return unix.Sendto(c.control[0], message[:], unix.MSG_NOSIGNAL, nil)
}

// Release lets the child pass its next barrier.
func (c *Child) Release() error {
	return unix.Sendto(c.control[0], []byte{1}, unix.MSG_NOSIGNAL, nil)
}

// Message is what the child or its init sent.
type Message struct {
	Bytes []byte
	FD    int // a descriptor that came with it, or -1
}

// Receive waits for the child's next message. Without one (io.EOF's case) the
// child's end is closed: it has ended, failed, or became the command.
func (c *Child) Receive() (m Message, ok bool, err error) {
	buf, oob := make([]byte, 64), make([]byte, unix.CmsgSpace(4))
	for {
		// Not the socket's end alone: someone inside may have a copy of it.
		fds := []unix.PollFd{{Fd: int32(c.control[0]), Events: unix.POLLIN}, {Fd: int32(c.PidFD), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return Message{}, false, os.NewSyscallError("poll", err)
		}
		n, oobn, flags, _, err := unix.Recvmsg(c.control[0], buf, oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN && fds[1].Revents == 0:
			continue
		case err == unix.EAGAIN:
			return Message{}, false, nil
		}
		if err != nil {
			return Message{}, false, os.NewSyscallError("recvmsg", err)
		}
		m := Message{Bytes: buf[:n], FD: -1}
		if oobn > 0 {
			if m.FD, err = descriptor(oob[:oobn]); err != nil {
				return Message{}, false, err
			}
		}
		if flags&unix.MSG_CTRUNC != 0 { // recvmsg(2) tells it so, and not by an error
			if m.FD >= 0 {
				unix.Close(m.FD)
			}
			return Message{}, false, ErrNoDescriptor
		}
		return m, n > 0, nil
	}
}

// ErrNoDescriptor tells that a descriptor was sent, and that there is no room for it.
var ErrNoDescriptor = errors.New("a descriptor that the container's first process sent cannot be received: too many are open; raise the limit with ulimit -n")

func descriptor(oob []byte) (int, error) {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(list) != 1 {
		return -1, fmt.Errorf("read a descriptor from the control socket: %v", err)
	}
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil || len(fds) != 1 {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return -1, fmt.Errorf("read a descriptor from the control socket: %v", err)
	}
	return fds[0], nil
}

// Attend answers the init when it tells that the command was killed: it does so after
// killed has returned, and the init ends only then. So what counts the container's
// kills for memory is still there. It is for a child loaded with Ask. stop is called when the child has ended.
//
// Nothing is received, because the container's root can take the init's end and send what it
// likes: to close the last descriptor of a socket that lingers, or of a file of FUSE, can take for ever.
func (c *Child) Attend(killed func()) (stop func()) {
	ended := make(chan struct{})
	c.attended = true
	go func() {
		defer close(ended)
		fds := []unix.PollFd{{Fd: int32(c.control[0]), Events: unix.POLLIN}}
		for {
			if _, err := unix.Poll(fds, -1); err != unix.EINTR {
				break
			}
		}
		if fds[0].Revents&unix.POLLHUP == 0 {
			killed()
		}
		_ = unix.Shutdown(c.control[0], unix.SHUT_RDWR) // the answer; also to whoever has taken the other end
	}()
	return func() {
		_ = unix.Shutdown(c.control[0], unix.SHUT_RDWR)
		<-ended
	}
}

// StepError tells which step failed and how.
type StepError struct {
	Index int
	Step  Step
	Call  string // the step as --explain prints it
	Errno syscall.Errno
	Says  string // the kernel's own words about a file system; usually none
}

func (e *StepError) Error() string {
	return fmt.Sprintf("step %d: %s: %v", e.Index, e.Call, e.Errno)
}

func (e *StepError) Unwrap() error { return e.Errno }

// Failure is the step that ended the child, if one did.
func (c *Child) Failure() *StepError {
	if c.arena == nil || c.arena.head.errno == 0 {
		return nil
	}
	i := c.At()
	return &StepError{Index: i, Step: c.program.steps[i], Call: c.program.Line(i), Errno: syscall.Errno(c.arena.head.errno), Says: c.arena.said()}
}

// Refused is why the child could not have the namespaces it was to unshare, if so.
func (c *Child) Refused() error {
	if c.boot == nil {
		return nil
	}
	if errno := bootAt(c.boot).errno; errno != 0 {
		return os.NewSyscallError("unshare", syscall.Errno(errno))
	}
	return nil
}

// NoCgroup tells that the child had to do without a cgroup namespace of its own.
func (c *Child) NoCgroup() bool { return bootAt(c.boot).nocgroup != 0 }

// At is the step that the child is doing, or was doing when it ended.
func (c *Child) At() int {
	if c.arena == nil {
		return 0
	}
	return int(c.arena.head.at)
}

// Result is what a step gave, its negated errno, or NotDone.
func (c *Child) Result(ref any) int64 { return c.arena.results()[ref.(Ref)] }

// Times are when the steps began, in nanoseconds of CLOCK_MONOTONIC; 0 for a
// step that was not done, nil without Config.Timing.
func (c *Child) Times() []int64 {
	if c.arena == nil {
		return nil
	}
	return c.arena.times()
}

// Signal sends a signal; group also to the command's process group, through the init.
func (c *Child) Signal(sig syscall.Signal, group bool) error {
	if !group {
		return unix.PidfdSendSignal(c.PidFD, sig, nil, 0)
	}
	info := unix.Siginfo{Signo: int32(sig), Code: siQueue}
	setValue(&info, 1)
	return unix.PidfdSendSignal(c.PidFD, sig, &info, 0)
}

// Ended tells whether the child has ended, waited for or not.
func (c *Child) Ended() bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(c.PidFD), Events: unix.POLLIN}}, 0)
	return err == nil && n == 1
}

// Running is called when the command runs, that is, when the child has memory of
// its own. Programs that lose their ids or say so make themselves not dumpable, and
// with CLONE_VM the caller too, until now: nobody could attach a debugger to it, and
// it could write no id map of another child.
func (c *Child) Running() {
	if c.dumpable {
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) // it takes 0 and 1
	}
}

// Forget gives the memory back that a child's start took. The child is running; what it
// had to do, and how it went, is not known afterwards.
func (c *Child) Forget() {
	if c.boot != nil {
		_ = unix.Munmap(c.boot) // the length is right
		c.boot = nil
	}
	if c.arena != nil {
		c.arena.free()
		c.arena, c.program = nil, nil
	}
}

// Hangup closes the parent's end of the barriers. A child that has not yet
// passed the last of them dies.
func (c *Child) Hangup() {
	if c.control[0] >= 0 {
		if c.attended {
			go unix.Close(c.control[0]) // see Attend
		} else {
			unix.Close(c.control[0])
		}
		c.control[0] = -1
	}
}

// Wait waits for the child's end and reaps it.
func (c *Child) Wait() (syscall.WaitStatus, error) {
	var ws syscall.WaitStatus
	for {
		_, err := syscall.Wait4(c.Pid, &ws, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		c.Running() // a child that failed leaves the memory to the caller as well
		return ws, os.NewSyscallError("wait4", err)
	}
}

// Close frees what Spawn and Load took. The child has ended and been waited for,
// or there never was one.
func (c *Child) Close() {
	c.Hangup()
	c.init.close()
	if c.control[1] >= 0 {
		unix.Close(c.control[1])
	}
	if c.PidFD >= 0 {
		unix.Close(c.PidFD)
	}
	c.Forget()
}
