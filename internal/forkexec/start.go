package forkexec

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Config is how a program is started.
type Config struct {
	Flags  uintptr // of clone(2): the new namespaces
	Init   InitConfig
	Timing bool // note when each step began
}

// Child is a process that carries out a program.
type Child struct {
	Pid     int // in the caller's pid namespace
	PidFD   int // pidfd_open(2); pids are reused, this is not
	control int
	program *Program
	arena   *arena
}

// Start forks a child that begins the program. The parent-death signal that a
// program may ask for is sent when the calling *thread* ends (prctl(2)), so the
// caller has locked its goroutine to the thread for as long as the child lives.
func (p *Program) Start(c Config) (*Child, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("create the control socket: %w", err)
	}
	defer unix.Close(pair[1])
	init, err := initFile(c.Init, pair[1])
	if err != nil {
		unix.Close(pair[0])
		return nil, err
	}
	defer unix.Close(init)
	a, err := p.build(map[Named]int{Parent: pair[0], Control: pair[1], Init: init}, c.Timing)
	if err != nil {
		unix.Close(pair[0])
		return nil, err
	}
	pid, errno := fork(c.Flags, a.head)
	if errno != 0 {
		unix.Close(pair[0])
		a.free()
		return nil, os.NewSyscallError("clone", errno)
	}
	return &Child{Pid: int(pid), PidFD: int(int32(a.head.pidfd)), control: pair[0], program: p, arena: a}, nil
}

// fork clones with all signals blocked. The child never unblocks them: see the
// package's comment.
func fork(flags uintptr, a *header) (pid uintptr, errno syscall.Errno) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, err.(syscall.Errno)
	}
	const fixed = unix.CLONE_VM | unix.CLONE_PIDFD | uintptr(unix.SIGCHLD)
	r := int(clone(flags|fixed, uintptr(a.stack), &a.pidfd, a))
	// Restoring a mask that was read a moment ago cannot fail.
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	if r < 0 {
		return 0, syscall.Errno(-r)
	}
	return uintptr(r), 0
}

// SignalMask is the calling thread's signal mask, which a program was started with.
func SignalMask() unix.Sigset_t {
	var set unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, nil, &set) // only a bad address could fail
	return set
}

// Release lets the child pass its next barrier.
func (c *Child) Release() error {
	return unix.Sendto(c.control, []byte{1}, unix.MSG_NOSIGNAL, nil)
}

// Message is what the child or its init sent.
type Message struct {
	Bytes []byte
	FD    int // a descriptor that came with it, or -1
}

// Receive waits for the child's next message. Without one (io.EOF's case) the
// child's end is closed: it has ended, failed, or runs the command.
func (c *Child) Receive() (m Message, ok bool, err error) {
	buf, oob := make([]byte, 64), make([]byte, unix.CmsgSpace(4))
	for {
		n, oobn, _, _, err := unix.Recvmsg(c.control, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
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
		return m, n > 0, nil
	}
}

func descriptor(oob []byte) (int, error) {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(list) != 1 {
		return -1, fmt.Errorf("read a descriptor from the control socket: %v", err)
	}
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil || len(fds) != 1 {
		return -1, fmt.Errorf("read a descriptor from the control socket: %v", err)
	}
	return fds[0], nil
}

// StepError tells which step failed and how.
type StepError struct {
	Index int
	Step  Step
	Call  string // the step as --explain prints it
	Errno syscall.Errno
}

func (e *StepError) Error() string {
	return fmt.Sprintf("step %d: %s: %v", e.Index, e.Call, e.Errno)
}

func (e *StepError) Unwrap() error { return e.Errno }

// Failure is the step that ended the child, if one did.
func (c *Child) Failure() *StepError {
	if c.arena.head.errno == 0 {
		return nil
	}
	i := c.At()
	return &StepError{Index: i, Step: c.program.steps[i], Call: c.program.Line(i), Errno: syscall.Errno(c.arena.head.errno)}
}

// At is the step that the child is doing, or was doing when it ended.
func (c *Child) At() int { return int(c.arena.head.at) }

// Result is what a step gave, its negated errno, or NotDone.
func (c *Child) Result(ref any) int64 { return c.arena.results()[ref.(Ref)] }

// Times are when the steps began, in nanoseconds of CLOCK_MONOTONIC; 0 for a
// step that was not done, nil without Config.Timing.
func (c *Child) Times() []int64 { return c.arena.times() }

// Signal sends a signal; group also to the command's process group, through the init.
func (c *Child) Signal(sig syscall.Signal, group bool) error {
	if !group {
		return unix.PidfdSendSignal(c.PidFD, sig, nil, 0)
	}
	info := unix.Siginfo{Signo: int32(sig), Code: siQueue}
	setValue(&info, 1)
	return unix.PidfdSendSignal(c.PidFD, sig, &info, 0)
}

// Running is called when the command runs, that is, when the child has memory of
// its own. Programs that lose their ids or say so make themselves not dumpable, and
// with CLONE_VM the caller too, until now: nobody could attach a debugger to it.
func (c *Child) Running() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) // it takes 0 and 1
}

// Hangup closes the parent's end of the barriers. A child that has not yet
// passed the last of them dies.
func (c *Child) Hangup() {
	if c.control >= 0 {
		unix.Close(c.control)
		c.control = -1
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
		return ws, os.NewSyscallError("wait4", err)
	}
}

// Close frees what Start took. The child has ended and been waited for.
func (c *Child) Close() {
	c.Hangup()
	unix.Close(c.PidFD)
	c.arena.free()
}
