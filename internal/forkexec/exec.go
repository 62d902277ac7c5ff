package forkexec

import "golang.org/x/sys/unix"

// Exec ends the program: the process becomes the init, which starts the command
// with these arguments and this environment. What last adds comes right before that, so
// that a filter of system calls has to allow nothing but this exec and [InitCalls].
func (p *Program) Exec(argv, env []string, last ...func()) {
	environ := p.Strings(env)
	p.data[environ.(Data)].secret = true
	p.Call("every descriptor but the control socket ends with the exec, whoever left it open",
		unix.SYS_CLOSE_RANGE, 3, uint32(1<<32-1), unix.CLOSE_RANGE_CLOEXEC)
	p.Call("a file that someone can write cannot be executed", unix.SYS_CLOSE, InitWriter)
	p.Call("init tells over it that the command runs, or why it could not start",
		unix.SYS_FCNTL, Control, unix.F_SETFD, 0)
	for _, add := range last {
		add()
	}
	p.Call("the process becomes the sealed init; no file of the rootfs is executed before",
		unix.SYS_EXECVEAT, Init, "", p.Strings(append([]string{"urun-init"}, argv...)), environ, unix.AT_EMPTY_PATH)
}

// InitCall is a system call that the init makes: one of the two kinds of init, or both.
type InitCall struct {
	Trap  uintptr
	First uint64 // its first argument, where that says what kind of call it is
	Forks bool   // only by the init that stays
}

// InitCalls are what the init needs of a filter that it runs under. A file that cannot be executed is looked at with access(2)
// to tell why; a filter may refuse that.
func InitCalls() []InitCall {
	return []InitCall{
		{unix.SYS_EXECVE, 0, false}, {unix.SYS_FCNTL, 0, false}, {unix.SYS_PRCTL, unix.PR_SET_NAME, false}, {unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, false},
		{unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, false}, {unix.SYS_SENDTO, 0, false}, {unix.SYS_EXIT_GROUP, 0, false},
		{unix.SYS_CLONE, unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD), true}, {unix.SYS_GETPID, 0, true}, {unix.SYS_CLOSE, 0, true},
		{unix.SYS_RT_SIGTIMEDWAIT, 0, true}, {unix.SYS_KILL, 0, true}, {unix.SYS_WAIT4, 0, true}, {unix.SYS_RECVFROM, 0, true},
		{unix.SYS_PRCTL, unix.PR_SET_CHILD_SUBREAPER, true}, {unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, true},
	}
}
