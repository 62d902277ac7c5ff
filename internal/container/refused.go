package container

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const appArmorHint = "AppArmor takes every capability from user namespaces on this system (kernel.apparmor_restrict_unprivileged_userns=1): an administrator must load a profile for urun"

// explainClone says who refused new namespaces. The kernel gives one errno for
// several causes, so it looks at what each leaves to see; within is the container that urun runs in.
func explainClone(err error, within string) string {
	switch {
	case errors.Is(err, unix.ENOSPC):
		for _, kind := range []string{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup"} {
			if sysctl("user/max_"+kind+"_namespaces") == "0" {
				return "; the sysctl user.max_" + kind + "_namespaces is 0: an administrator can raise it"
			}
		}
		return "; too many namespaces exist, or they are nested too deep: the sysctls user.max_*_namespaces limit them"
	case errors.Is(err, unix.EUSERS):
		return "; user namespaces are nested too deep (32 at most)"
	case errors.Is(err, unix.EPERM):
		switch {
		case sysctl("kernel/unprivileged_userns_clone") == "0":
			return "; the sysctl kernel.unprivileged_userns_clone is 0: an administrator can set it to 1"
		case filtered() && within == "urun":
			return "; the seccomp filter of the urun container that this is in refuses them: whoever starts that one can write --nested"
		case filtered():
			return "; a seccomp filter is in force here, as in a container of Docker's: whoever starts it can pass --security-opt seccomp=unconfined"
		case restricted():
			return "; " + appArmorHint
		}
		return "; in a chroot(2) the kernel makes no user namespaces, and a security module may refuse them"
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return "; this kernel was built without one of the namespaces (CONFIG_USER_NS and the others)"
	case errors.Is(err, unix.EAGAIN):
		return "; the limit on processes is reached: see ulimit -u"
	}
	return ""
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

// restricted tells whether AppArmor lets user namespaces be made and then denies
// them every capability, as on Ubuntu since 23.10.
func restricted() bool { return sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1" }

// release is the kernel's, such as 6.12.0-1-amd64.
func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// lacksCall is why a system call does not exist. mount_setattr(2), which came in 5.12,
// is the newest that urun cannot do without.
func lacksCall(release string) string {
	major, rest, _ := strings.Cut(release, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err1 := strconv.Atoi(major)
	n, err2 := strconv.Atoi(minor)
	if err1 == nil && err2 == nil && (m < 5 || m == 5 && n < 12) {
		return "this kernel is Linux " + release + ", and urun needs 5.12 or newer"
	}
	return "a seccomp filter hides the call, as in a container of an old engine, or this kernel was built without it"
}
