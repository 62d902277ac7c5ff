package seccomp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Policy says what becomes of each system call of one architecture.
type Policy struct {
	Rules   []Rule
	Default Action // of a call that no rule decides on
	Unknown Action // of a number that the architecture's table does not have: a newer kernel's
}

// Rule decides on some calls. Of the rules about a call the first one whose conditions hold decides.
type Rule struct {
	Calls  []string // names as in syscalls(2); those that an architecture does not have are left out
	When   []Cond   // all of them must hold; none: always
	Action Action
	Reason string // for a reader: what the calls are for, or why they are refused; rules of a profile have none
}

// Cond is a condition on an argument of a system call.
type Cond struct {
	Arg   uint8  // which argument, 0 to 5
	Op    Op     // how it is compared
	Value uint64 // with what
	Mask  uint64 // of MaskedEqual: the bits that are compared; those of Value beyond them do not count
}

// Op compares an argument, all 64 bits of it and unsigned, with a value.
type Op uint8

// The comparisons.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	MaskedEqual
)

// Action is what the kernel does about a call: the value that a filter returns, seccomp(2).
type Action uint32

// The actions without data.
const (
	Allow       Action = unix.SECCOMP_RET_ALLOW
	KillProcess Action = unix.SECCOMP_RET_KILL_PROCESS
	KillThread  Action = unix.SECCOMP_RET_KILL_THREAD
	Log         Action = unix.SECCOMP_RET_LOG
	Trap        Action = unix.SECCOMP_RET_TRAP
)

// Errno makes a call fail with e.
func Errno(e syscall.Errno) Action { return unix.SECCOMP_RET_ERRNO | Action(e)&unix.SECCOMP_RET_DATA }

// Trace tells a tracer, with data; without one the call fails with ENOSYS.
func Trace(data uint16) Action { return unix.SECCOMP_RET_TRACE | Action(data) }
