package container

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/guards"
	"github.com/urun-project/urun/internal/ladder"
)

const appArmorHint = ladder.AppArmorTakes + "; an administrator can " + ladder.AppArmorGives

// refusers are those who can refuse namespaces, as they show; errno is what namespaces were refused with.
func refusers(errno syscall.Errno) ladder.Guards {
	g := guards.Look()
	g.Errno, g.Filter = errno, ladder.No
	if g.Seccomp {
		g.Filter = filterRefuses()
	}
	return g
}

// filterRefuses asks for a user namespace and for a flag that unshare(2) does not have:
// the kernel says EINVAL to that whoever asks, and a filter that forbids namespaces, or the
// call, speaks before the kernel does.
func filterRefuses() ladder.Answer {
	_, _, errno := syscall.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWUSER|1, 0, 0)
	return ladder.AnswerOf(errno != unix.EINVAL)
}

// release is the kernel's, such as 6.12.0-1-amd64.
func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// OldestKernel is what urun cannot do without.
const OldestKernel = ladder.OldestKernel

// lacksCall is why a system call does not exist.
func lacksCall(release string) string {
	if old := ladder.OldKernel(release); old != "" {
		return old
	}
	return "a seccomp filter hides the call, as in a container of an old engine, or this kernel was built without it"
}
