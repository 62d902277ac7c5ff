package nested

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inside makes a container that refuses nothing itself.
const inside = "/media/urun -q --seccomp unconfined --cap-add ALL --security-opt no-new-privileges=false --net none /mnt "

// --nested opens namespaces and mounts, and nothing else: not in the container, and not in those inside.
func TestWhatStaysShut(t *testing.T) {
	everywhere(t, func(t *testing.T, o *outer) {
		const refused = "EPERM\n"
		for _, tt := range []struct {
			what, command, want string
		}{
			{"terminals", "tiocsti", "TIOCSTI EPERM\nTIOCSTI high EPERM\nTIOCLINUX EPERM\nTIOCLINUX high EPERM\n"},
			{"io_uring", call(unix.SYS_IO_URING_SETUP, 1, 0), refused},
			{"bpf", call(unix.SYS_BPF, 99, 0, 0), refused},
			{"userfaultfd", call(unix.SYS_USERFAULTFD, 99), refused},
			{"performance counters", call(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0, 0, 0), refused},
			{"kexec", call(unix.SYS_KEXEC_LOAD, 0, 0, 0, 0), refused},
			{"modules", call(unix.SYS_FINIT_MODULE, 0, 0, 0), refused},
			{"adding keys", call(unix.SYS_ADD_KEY, 0, 0, 0, 0, 0), refused},
			{"reading keys", call(unix.SYS_KEYCTL, unix.KEYCTL_READ, 0, 0, 0, 0), "ENOSYS\n"},
			{"permissions of keys", call(unix.SYS_KEYCTL, unix.KEYCTL_SETPERM, 0, 0, 0, 0), "ENOSYS\n"},
			{"files by their handles", call(unix.SYS_OPEN_BY_HANDLE_AT, 0, 0, 0), refused},
			{"algorithms of the kernel", call(unix.SYS_SOCKET, unix.AF_ALG, unix.SOCK_SEQPACKET, 0), "EAFNOSUPPORT\n"},
			{"virtual machines' sockets", call(unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM, 0), "EAFNOSUPPORT\n"},
			{"packets", call(unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW, 0), "EAFNOSUPPORT\n"},
			{"filters of packets", call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER), "EPROTONOSUPPORT\n"},
		} {
			for where, probe := range map[string]string{"": "/mnt/bin/probe ", " in a container inside": inside + "/bin/probe "} {
				if r := o.run([]string{"--nested"}, probe+tt.command+" </dev/null; true"); !r.Lacks(t) && r.Stdout != tt.want {
					t.Errorf("%s%s: %s%s", tt.what, where, r.Stdout, r.Stderr)
				}
			}
		}
	})
}

// call has the probe make a system call.
func call(number int, args ...int) string {
	return strings.TrimRight(fmt.Sprintln("syscall", number, strings.Trim(fmt.Sprint(args), "[]")), "\n")
}
