package container

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ladder"
)

const appArmorHint = ladder.AppArmorTakes + "; an administrator can " + ladder.AppArmorGives

// guards looks at what those leave to see who can refuse namespaces; errno is what they were refused with.
func guards(errno syscall.Errno) ladder.Guards {
	g := ladder.Guards{Errno: errno, Seccomp: filtered(), Sysctls: sysctls(), Label: label()}
	if g.Seccomp {
		g.Filter = filterRefuses()
	} else {
		g.Filter = ladder.No
	}
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, "/", 0, unix.STATX_BASIC_STATS, &st) == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		g.Chroot = ladder.AnswerOf(st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0)
	}
	return g
}

func sysctls() map[string]string {
	values := map[string]string{}
	for _, name := range ladder.Sysctls() {
		if value := sysctl(strings.ReplaceAll(name, ".", "/")); value != "" {
			values[name] = value
		}
	}
	return values
}

// filterRefuses asks for a user namespace and for a flag that unshare(2) does not have:
// the kernel says EINVAL to that whoever asks, and a filter that forbids namespaces, or the
// call, speaks before the kernel does.
func filterRefuses() ladder.Answer {
	_, _, errno := syscall.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWUSER|1, 0, 0)
	return ladder.AnswerOf(errno != unix.EINVAL)
}

func sysctl(name string) string {
	b, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// filtered tells whether a seccomp filter is in force for this process.
func filtered() bool {
	b, _ := os.ReadFile("/proc/self/status")
	return strings.Contains(string(b), "\nSeccomp:\t2")
}

// label is what a security module has this process as: AppArmor where there are several.
func label() string {
	for _, file := range []string{"/proc/self/attr/apparmor/current", "/proc/self/attr/current"} {
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			return strings.TrimRight(string(b), "\x00\n")
		}
	}
	return ""
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
