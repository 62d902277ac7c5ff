package inside

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// kept are the capabilities of a confined helper, all of them over what belongs to ids of its namespace only: files of any
// of these ids are made, in directories of any mode.
var kept = []uint{unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_SETFCAP}

// refused are the calls that a confined helper is not to make, and cannot: to execute, to reach another process, to come by a socket, a
// mount or a namespace, and parts of the kernel that have been the way out of other sandboxes.
var refused = []uint32{
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD,
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSPICK, unix.SYS_FSMOUNT,
	unix.SYS_MOUNT_SETATTR, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_QUOTACTL, unix.SYS_PERSONALITY, unix.SYS_MEMFD_CREATE,
}

// softMemory is where the garbage collector begins to work harder, below the limit at which the helper ends.
const softMemory = memory * 3 / 4

// confine gives up what a step program cannot take away, because the exec gives it back or needs it.
func confine() error {
	debug.SetMemoryLimit(softMemory)
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("make it impossible to trace: %w", err)
	}
	var caps uint64
	for _, c := range kept {
		caps |= 1 << c
	}
	if err := setCapabilities(caps); err != nil {
		return fmt.Errorf("give up capabilities: %w", err)
	}
	if err := install(filter()); err != nil {
		return fmt.Errorf("install the filter of system calls: %w", err)
	}
	return nil
}

// newNamespaces are the flags of clone(2) that it is not to have: in a user namespace of its own it would have all capabilities again.
// There is none for a time namespace: its bit is one of the signal's number here.
const newNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// filter refuses calls with EPERM, those of other architectures all. clone3(2) has its flags where no filter sees them: it is not
// there, and whoever calls it, calls clone(2) then.
func filter() []unix.SockFilter {
	const nr, arch, flags = 0, 4, 16 // offsets in struct seccomp_data; flags are the lower half of the first argument
	const x32 = 0x40000000
	const ahead = 5                         // lines about clone
	deny := uint8(len(refused) + ahead + 1) // from the first comparison to the last line
	audit := uint32(unix.AUDIT_ARCH_X86_64)
	if runtime.GOARCH == "arm64" {
		audit = unix.AUDIT_ARCH_AARCH64
	}
	f := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: arch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: audit, Jf: deny + 2},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: x32, Jt: deny},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE3, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(syscall.ENOSYS)},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE, Jf: 2},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: newNamespaces, Jt: deny - ahead, Jf: uint8(len(refused))},
	}
	for i, call := range refused {
		f = append(f, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jt: deny - ahead - 1 - uint8(i)})
	}
	return append(f,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(syscall.EPERM)})
}

const (
	retAllow = 0x7fff0000
	retErrno = 0x00050000
)
