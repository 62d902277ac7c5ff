// Package guards looks at those who can refuse new namespaces, and at what each of them leaves to see: sysctls, a filter
// of system calls, a security module, a chroot(2). A start that was refused asks it for the words, and so does urun doctor.
//
// It tries nothing: whether a guard refuses, and with which errno, is for those who ask it to find out. What that means is
// the ladder's.
package guards

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ladder"
)

// Look fills in what shows: Seccomp, Sysctls, Label and Chroot.
func Look() ladder.Guards {
	g := ladder.Guards{Seccomp: filtered(), Sysctls: map[string]string{}, Label: label()}
	for _, name := range ladder.Sysctls() {
		if value := Sysctl(name); value != "" {
			g.Sysctls[name] = value
		}
	}
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, "/", 0, unix.STATX_BASIC_STATS, &st) == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		g.Chroot = ladder.AnswerOf(st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0)
	}
	return g
}

// Sysctl is the value of one, by a name such as user.max_net_namespaces; "" where there is none or it cannot be read.
func Sysctl(name string) string {
	b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// filtered tells whether a seccomp filter is in force for this process.
func filtered() bool {
	b, _ := os.ReadFile("/proc/self/status") // without it nothing is known of a filter
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
