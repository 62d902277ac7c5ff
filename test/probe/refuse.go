package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// refuse runs a command under a seccomp filter that refuses something, as the surroundings of a CI job or a sysctl that
// only root can set do:
//
//	userns   new user namespaces: clone(2) and unshare(2) are EPERM, clone3(2) is ENOSYS
//	memfd-1  what vm.memfd_noexec=1 does: a memfd cannot be executed unless that was asked for
//	memfd-2  what vm.memfd_noexec=2 does: a memfd that can be executed is EACCES
//	keys     keyctl(2) is EPERM, as in a container of Docker's
//	no-keys  keyctl(2) is ENOSYS, as in a kernel without keys
//	openat2  openat2(2) is ENOSYS, as in Linux before 5.6 and in containers of engines of that time
//	call:N   the system call of that number is EPERM
//	mounts   fsopen(2), mount_setattr(2) and the others of their kind are ENOSYS
func refuse(args []string) error {
	const flags0, flags1 = 16, 24 // of struct seccomp_data: the low halves of the first and the second argument
	filters := map[string][]unix.SockFilter{
		"userns": append(append(
			on(unix.SYS_CLONE, flags0, unix.CLONE_NEWUSER, true, unix.EPERM),
			on(unix.SYS_UNSHARE, flags0, unix.CLONE_NEWUSER, true, unix.EPERM)...),
			on(unix.SYS_CLONE3, flags0, 0, false, unix.ENOSYS)...),
		"memfd-1": on(unix.SYS_MEMFD_CREATE, flags1, unix.MFD_EXEC, false, unix.EACCES),
		"memfd-2": on(unix.SYS_MEMFD_CREATE, flags1, unix.MFD_NOEXEC_SEAL, false, unix.EACCES),
		"keys":    on(unix.SYS_KEYCTL, flags0, 0, false, unix.EPERM),
		"no-keys": on(unix.SYS_KEYCTL, flags0, 0, false, unix.ENOSYS),
		"openat2": on(unix.SYS_OPENAT2, flags0, 0, false, unix.ENOSYS),
	}
	for _, call := range []uint32{unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR} {
		filters["mounts"] = append(filters["mounts"], on(call, flags0, 0, false, unix.ENOSYS)...)
	}
	if number, ok := strings.CutPrefix(strings.Join(args[:min(1, len(args))], ""), "call:"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return err
		}
		filters[args[0]] = on(uint32(n), flags0, 0, false, unix.EPERM)
	}
	if len(args) < 2 || filters[args[0]] == nil {
		return usage("userns|memfd-1|memfd-2|keys|no-keys|openat2|mounts|call:N COMMAND [ARG...]")
	}
	path, err := exec.LookPath(args[1])
	if err != nil {
		return err
	}
	// A filter is a thread's, and the exec takes that of the thread that calls it.
	runtime.LockOSThread()
	program := append(filters[args[0]], unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	err = install(program)
	if err == unix.EACCES { // only root may do that to setuid programs, such as newuidmap
		if err = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err == nil {
			err = install(program)
		}
	}
	if err != nil {
		return err
	}
	return unix.Exec(path, args[1:], os.Environ())
}

// on makes a system call fail when one of the bits of an argument is set, or when none is.
func on(call, argument, bits uint32, set bool, errno syscall.Errno) []unix.SockFilter {
	refused := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)}
	test := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: bits, Jt: 0, Jf: 1}
	if !set {
		test.Jt, test.Jf = 1, 0
	}
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jt: 0, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: argument},
		test, refused,
	}
}
