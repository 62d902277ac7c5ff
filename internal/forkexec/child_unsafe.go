package forkexec

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// boot is what a child needs before it has a program. Its stack ends where the
// mapping ends.
type boot struct {
	all      uint64 // all signals
	mask     uint64 // the caller's signal mask, written by clone
	pidfd    uint64 // written by clone(2)
	session  uint64 // not 0: a session of its own
	unshare  uint64 // the namespaces that the child makes for itself
	errno    uint64 // why it could not
	nocgroup uint64 // not 0: it has them but for the cgroup namespace
	parent   uint64 // the parent's end of the control socket
	control  uint64 // the child's end
	program  *header

	// Of a child that is to be cloned in namespaces that exist: a process enters those
	// and clones it, as a sibling.
	joins  uint64       // how many
	join   [8][2]uint64 // the arguments of setns(2)
	failed uint64       // not 0: errno is of entering one of them
	flags  uint64       // of the child's clone
	stack  uint64       // where the child's begins
	result uint64       // what that clone gave
}

// bootAt is the struct that a child's mapping begins with.
func bootAt(mem []byte) *boot { return (*boot)(unsafe.Pointer(&mem[0])) }

// stackOf is where the stack in a child's mapping begins, which grows down.
func stackOf(mem []byte) uintptr { return uintptr(unsafe.Pointer(&mem[len(mem)-64])) }

// clone makes the child, which goes on in begin and never returns. It gives the
// child's pid, or a negated errno.
//
//go:noescape
func clone(flags, stack uintptr, b *boot) (result uintptr)

// begin makes namespaces and waits for the program: the parent may still be writing
// it.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func begin(b *boot) {
	if b.joins != 0 {
		enter(b)
	}
	// Only the parent may hold its end, or its death would go unnoticed.
	syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(b.parent), 0, 0)
	if b.session != 0 {
		// At once, or a key of the caller's terminal would reach it beside the caller.
		syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
	}
	if b.unshare != 0 {
		_, _, e := syscall.RawSyscall(syscall.SYS_UNSHARE, uintptr(b.unshare), 0, 0)
		if e == syscall.ENOSPC && b.unshare&unix.CLONE_NEWCGROUP != 0 {
			// A container of urun's around this one allows none, and has the same root.
			b.nocgroup = 1
			_, _, e = syscall.RawSyscall(syscall.SYS_UNSHARE, uintptr(b.unshare&^unix.CLONE_NEWCGROUP), 0, 0)
		}
		if e != 0 {
			b.errno = uint64(e)
			exit(125)
		}
	}
	n, _, e := syscall.RawSyscall(syscall.SYS_READ, uintptr(b.control), uintptr(unsafe.Pointer(&b.program)), 8)
	if e != 0 || n != 8 {
		exit(125)
	}
	interpret(b.program)
}

// enter enters namespaces and clones the child in them: user_namespaces(7) gives every
// capability in a user namespace to a process that enters it, and pid_namespaces(7)
// does not let one become the first of a new namespace. It shares the descriptors with
// the parent, so that the child's pidfd is there, and ends.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func enter(b *boot) {
	for i := uint64(0); i < b.joins; i++ {
		if _, _, e := syscall.RawSyscall(unix.SYS_SETNS, uintptr(b.join[i&7][0]), uintptr(b.join[i&7][1]), 0); e != 0 {
			b.errno, b.failed = uint64(e), 1
			exit(125)
		}
	}
	b.joins = 0
	mask := b.mask // clone writes this process's own there, which has everything blocked
	r := clone(uintptr(b.flags), uintptr(b.stack), b)
	b.mask = mask
	b.result = uint64(r)
	exit(0)
}

// interpret carries out the program and ends the process if a step fails.
//
// Between clone(2) and execveat(2) the child must not allocate, grow the stack,
// take a lock or be preempted, so this is nosplit and made of raw system calls.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func interpret(a *header) {
	var v [6]uintptr
	for pc := uint64(0); pc < a.count; pc++ {
		s := (*step)(unsafe.Add(a.steps, uintptr(pc)*unsafe.Sizeof(step{})))
		a.at = pc
		if a.timing != 0 {
			syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Add(a.times, pc*16)), 0)
		}
		for i := range v {
			v[i] = uintptr(s.args[i])
			if s.refs[i] != 0 {
				v[i] = uintptr(*(*uint64)(unsafe.Add(a.result, v[i]*8)))
			}
		}
		var r uintptr
		e := syscall.Errno(s.fail)
		if e == 0 {
			switch kind(s.kind) {
			case call:
				r, _, e = syscall.RawSyscall6(s.trap, v[0], v[1], v[2], v[3], v[4], v[5])
			case wait:
				r, _, e = syscall.RawSyscall(syscall.SYS_READ, v[0], uintptr(unsafe.Pointer(&a.byte)), 1)
				if e == 0 && r == 0 {
					exit(125)
				}
			case alive:
				const dontWait = 0x40
				_, _, e = syscall.RawSyscall6(syscall.SYS_RECVFROM, v[0], uintptr(unsafe.Pointer(&a.byte)), 1, dontWait, 0, 0)
				if e != syscall.EAGAIN {
					exit(125)
				}
				e = 0
			case check:
				if *(*uint64)(unsafe.Add(unsafe.Pointer(a), v[0]-uintptr(unsafe.Pointer(a))+uintptr(s.offset)))&s.mask != s.want {
					e = syscall.Errno(s.errno)
				}
			case store:
				*(*uint64)(unsafe.Add(unsafe.Pointer(a), v[0]-uintptr(unsafe.Pointer(a))+uintptr(s.offset))) = uint64(v[1])
			}
		}
		if e == 0 {
			*(*uint64)(unsafe.Add(a.result, pc*8)) = uint64(r) // for the parent, who asks what was done
			*(*uint64)(unsafe.Add(a.result, s.into*8)) = uint64(r)
			pc += uint64(s.skip)
			continue
		}
		if uint64(e) != s.on[0] && uint64(e) != s.on[1] && uint64(e) != s.on[2] && uint64(e) != s.on[3] {
			a.errno = uint64(e)
			if s.trap == unix.SYS_FSCONFIG || s.trap == unix.SYS_FSMOUNT {
				syscall.RawSyscall(syscall.SYS_READ, v[0], uintptr(unsafe.Pointer(&a.message)), uintptr(len(a.message)-1))
			}
			exit(125)
		}
		*(*uint64)(unsafe.Add(a.result, pc*8)) = -uint64(e)
		*(*uint64)(unsafe.Add(a.result, s.into*8)) = -uint64(e)
		pc += s.miss
	}
	exit(125) // the last step was no exec
}

//go:nosplit
//go:norace
func exit(code uintptr) {
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, code, 0, 0)
	}
}
