package doctor

import (
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/landlock"
)

func trim(b []byte) string { return strings.TrimRight(strings.TrimSpace(string(b)), "\x00\n") }

// execMemfd executes the init that every container begins with. The command that it is given is nowhere, and it says so.
func execMemfd() *Failure {
	var silent bool
	f := trial{
		config: forkexec.InitConfig{Candidates: []string{nowhere}, NoFork: true, HostPid: true},
		steps:  func(p *forkexec.Program) { p.Exec([]string{"nothing"}, nil) },
		seen:   func(c *forkexec.Child) { silent = !saysNowhere(c) },
	}.do()
	if f == nil && silent {
		return &Failure{Doing: "execute a memfd", Says: "the program in it did not answer"}
	}
	return f
}

func examineKernel(k *Kernel) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		k.Release = unix.ByteSliceToString(u.Release[:])
	}
	k.Calls, k.Killed = tryCalls()
	k.Filter = trial{steps: filter}.do()
	k.Landlock = landlock.Probe()
}

// senseless is a system call with arguments that make no sense, and what it answers to them.
type senseless struct {
	name   string
	trap   uintptr
	args   []any
	answer unix.Errno
}

// needed are the system calls that urun cannot do without. A function, because a start pays for what a table has to allocate.
func needed() []senseless {
	return []senseless{
		{"openat2", unix.SYS_OPENAT2, []any{-1, "x", make([]byte, unix.SizeofOpenHow), unix.SizeofOpenHow}, unix.EBADF},
		{"open_tree", unix.SYS_OPEN_TREE, []any{-1, "x", 0}, unix.EBADF},
		{"mount_setattr", unix.SYS_MOUNT_SETATTR, []any{-1, "x", 0, 0, 0}, unix.EINVAL},
		{"pidfd_open", unix.SYS_PIDFD_OPEN, []any{0, 0}, unix.EINVAL},
		{"close_range", unix.SYS_CLOSE_RANGE, []any{1, 0, 0}, unix.EINVAL},
		{"statx", unix.SYS_STATX, []any{-1, "x", 0, 0, 0}, unix.EBADF},
		{"execveat", unix.SYS_EXECVEAT, []any{-1, "x", 0, 0, 0}, unix.EBADF},
		{"clone3", unix.SYS_CLONE3, []any{0, 0}, unix.EINVAL},
	}
}

// tryCalls makes each of them in one child. A filter may kill for one: then nothing is known of those that follow.
func tryCalls() (list []Call, f *Failure) {
	var results []any
	calls := needed()
	f = trial{
		steps: func(p *forkexec.Program) {
			for _, c := range calls {
				r := p.Call(c.name, c.trap, c.args...)
				p.Tolerate(r, c.answer, unix.ENOSYS, unix.EPERM, unix.EFAULT)
				results = append(results, r)
			}
		},
		seen: func(c *forkexec.Child) {
			for i, r := range results {
				got := unix.Errno(-c.Result(r))
				list = append(list, Call{Name: calls[i].name, Missing: got == unix.ENOSYS, Refused: got == unix.EPERM})
			}
		},
	}.do()
	return list, f
}

// filter puts a filter in place that allows everything.
func filter(p *forkexec.Program) {
	allow := make([]byte, 8) // struct sock_filter: BPF_RET
	binary.LittleEndian.PutUint16(allow, unix.BPF_RET|unix.BPF_K)
	binary.LittleEndian.PutUint32(allow[4:], unix.SECCOMP_RET_ALLOW)
	fprog := make([]byte, 16) // struct sock_fprog: the length, and at 8 the address
	binary.LittleEndian.PutUint16(fprog, 1)
	prog := p.Data(fprog)
	p.Store("the filter's instruction", prog, 8, p.Data(allow))
	p.Call("no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	p.Call("seccomp", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, prog)
}
