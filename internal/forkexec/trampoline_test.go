package forkexec

import (
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The assembly around clone(2), and the interpreter behind it, with the only flags that an emulator of another
// architecture takes: those of vfork(2), for which it makes a fork(2). So the child has the program before it exists,
// and what it leaves in the memory is looked at only where that is shared. What is not tried there: CLONE_PIDFD and
// namespaces.
func TestTrampolineRunsAProgram(t *testing.T) {
	p := new(Program)
	umask := p.Call("", unix.SYS_UMASK, 0o027)
	missing := p.Call("", unix.SYS_OPENAT, unix.AT_FDCWD, "/nowhere", unix.O_RDONLY, 0)
	p.Else(missing, []syscall.Errno{unix.ENOENT}, func() any {
		return p.Call("", unix.SYS_OPENAT, unix.AT_FDCWD, "/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	})
	room := p.Data([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	p.Store("", room, 0, umask)
	p.Check("the umask is that of the test", room, 0, 0o777, 0o022, unix.EDOM)
	p.Call("", unix.SYS_DUP3, missing, 1, 0)
	p.Call("", unix.SYS_EXECVE, "/bin/sh", p.Strings([]string{"sh", "-c", `[ $(umask) = 0027 ] && exit 7`}), p.Strings([]string{"PATH=/bin"}))
	defer unix.Umask(unix.Umask(0o022))

	c := byHand(t, p)
	if got := exited(t, c); got != 7 {
		t.Errorf("status %d, want 7", got)
	}
	// The last value of the mask that the clone saved and put back.
	var now unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &now); err != nil || now.Val[0] != bootAt(c.boot).mask {
		t.Errorf("signal mask %#x, %v, want %#x", now.Val[0], err, bootAt(c.boot).mask)
	}

	p = new(Program)
	p.Call("fails", unix.SYS_CHDIR, "/nowhere")
	if got := exited(t, byHand(t, p)); got != 125 {
		t.Errorf("a step that fails: status %d, want 125", got)
	}
}

// byHand is Spawn and Load in one, as vfork(2) needs it.
func byHand(t *testing.T, p *Program) *Child {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The child closes the parent's end, so the parent needs another one to have sent on.
	spare, err := unix.FcntlInt(uintptr(pair[0]), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{PidFD: spare, control: pair, init: noInit, program: p}
	t.Cleanup(c.Close)
	if c.boot, err = unix.Mmap(-1, 0, bootSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE); err != nil {
		t.Fatal(err)
	}
	if c.arena, err = p.build(map[Named]int{Control: pair[1]}, false); err != nil {
		t.Fatal(err)
	}
	message := c.arena.address()
	if err := unix.Sendto(pair[0], message[:], unix.MSG_NOSIGNAL, nil); err != nil {
		t.Fatal(err)
	}
	*bootAt(c.boot) = boot{all: ^uint64(0), parent: uint64(pair[0]), control: uint64(pair[1])}
	syscall.ForkLock.Lock()
	r := int(clone(unix.CLONE_VM|unix.CLONE_VFORK|uintptr(unix.SIGCHLD), stackOf(c.boot), bootAt(c.boot)))
	syscall.ForkLock.Unlock()
	if r < 0 {
		t.Fatalf("clone: %v", syscall.Errno(-r))
	}
	c.Pid = r
	return c
}
