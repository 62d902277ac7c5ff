package hostile

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// answer is a system call, and the errno that it has to give under the default profile. Where loose is given, the kernel itself
// answers so without a filter: nothing here could do harm then, either.
type answer struct {
	call  string // as the probe takes it: the number and arguments, parted by colons
	name  string
	want  string
	loose string
}

func call(nr int, args ...uint64) string {
	words := []string{strconv.Itoa(nr)}
	for _, a := range args {
		words = append(words, strconv.FormatUint(a, 10))
	}
	return strings.Join(words, ":")
}

const (
	bad  = 1 << 63 // an address that is none: the kernel's answer would be EFAULT
	none = 0xffffffff
	high = 1 << 32 // of an int the kernel looks at the lower half only
)

// answers are what a container must not do: an allow list of its own, and stricter than others' where that hurts nobody.
var answers = []answer{
	// Keys are not in a namespace.
	{call(unix.SYS_KEYCTL, unix.KEYCTL_GET_KEYRING_ID, none-2, 0), "keyctl", "EPERM", "ok"},
	{call(unix.SYS_ADD_KEY, bad, bad, bad, 1, 0), "add_key", "EPERM", "EFAULT"},
	{call(unix.SYS_REQUEST_KEY, bad, bad, bad, 0), "request_key", "EPERM", "EFAULT"},
	// Large parts of the kernel with a history.
	{call(unix.SYS_BPF, 9999, bad, 8), "bpf", "EPERM", ""},
	{call(unix.SYS_PERF_EVENT_OPEN, bad, 0, none, none, 0), "perf_event_open", "EPERM", ""},
	{call(unix.SYS_USERFAULTFD, 1), "userfaultfd, user mode only", "EPERM", "ok"},
	{call(unix.SYS_IO_URING_SETUP, 1, bad), "io_uring_setup", "EPERM", ""},
	{call(unix.SYS_IO_URING_ENTER, none, 0, 0, 0, 0, 0), "io_uring_enter", "EPERM", ""},
	{call(unix.SYS_IO_URING_REGISTER, none, 0, 0, 0), "io_uring_register", "EPERM", ""},
	{call(unix.SYS_FANOTIFY_INIT, 0, 0), "fanotify_init", "EPERM", ""},
	{call(unix.SYS_LOOKUP_DCOOKIE, 0, bad, 1), "lookup_dcookie", "EPERM", ""},
	{call(unix.SYS_NFSSERVCTL, 0, 0, 0), "nfsservctl", "EPERM", ""},
	{call(unix.SYS_QUOTACTL, 0, bad, 0, bad), "quotactl", "EPERM", ""},
	{call(unix.SYS_VMSPLICE, none, bad, 1, 0), "vmsplice", "EPERM", "EBADF"},
	{call(unix.SYS_MOVE_PAGES, 0, 1, bad, 0, bad, 0), "move_pages", "EPERM", "EFAULT"},
	{call(unix.SYS_MBIND, 1, 0, 0, 0, 0, 0), "mbind", "EPERM", "EINVAL"},
	// New namespaces, of users first of all, and those of others.
	{call(unix.SYS_UNSHARE, unix.CLONE_NEWUSER), "unshare, user", "EPERM", "EINVAL"},
	{call(unix.SYS_UNSHARE, unix.CLONE_NEWNS), "unshare, mount", "EPERM", ""},
	{call(unix.SYS_CLONE, unix.CLONE_NEWUSER|unix.CLONE_FS), "clone, user", "EPERM", "EINVAL"},
	{call(unix.SYS_CLONE, unix.CLONE_NEWUSER|unix.CLONE_FS|high), "clone, user, with a high bit", "EPERM", "EINVAL"},
	{call(unix.SYS_CLONE, unix.CLONE_NEWTIME|unix.CLONE_FS|unix.CLONE_NEWNS), "clone, mount", "EPERM", "EINVAL"},
	{call(unix.SYS_CLONE3, bad, 1), "clone3", "ENOSYS", "EINVAL"},
	{call(unix.SYS_SETNS, none, 0), "setns", "EPERM", "EBADF"},
	// Mounts, in both of their forms.
	{call(unix.SYS_MOUNT, bad, bad, bad, 0, 0), "mount", "EPERM", "EFAULT"},
	{call(unix.SYS_UMOUNT2, bad, 0xff0), "umount2", "EPERM", "EINVAL"},
	{call(unix.SYS_PIVOT_ROOT, bad, bad), "pivot_root", "EPERM", ""},
	{call(unix.SYS_FSOPEN, bad, 0), "fsopen", "EPERM", ""},
	{call(unix.SYS_FSMOUNT, none, 0, 0), "fsmount", "EPERM", ""},
	{call(unix.SYS_FSCONFIG, none, 99, 0, 0, 0), "fsconfig", "EPERM", "EINVAL"},
	{call(unix.SYS_FSPICK, none, bad, 0), "fspick", "EPERM", ""},
	{call(unix.SYS_OPEN_TREE, none, bad, 0), "open_tree", "EPERM", "EFAULT"},
	{call(unix.SYS_MOVE_MOUNT, none, bad, none, bad, 0), "move_mount", "EPERM", ""},
	{call(unix.SYS_MOUNT_SETATTR, none, bad, 0, bad, 0), "mount_setattr", "EPERM", "EINVAL"},
	{call(unix.SYS_SWAPON, bad, 0), "swapon", "EPERM", ""},
	{call(unix.SYS_SWAPOFF, bad), "swapoff", "EPERM", ""},
	// The machine: its kernel, clock, name and power.
	{call(unix.SYS_KEXEC_LOAD, 0, 0, bad, 0), "kexec_load", "EPERM", ""},
	{call(unix.SYS_KEXEC_FILE_LOAD, none, none, 0, bad, 0), "kexec_file_load", "EPERM", ""},
	{call(unix.SYS_INIT_MODULE, bad, 0, bad), "init_module", "EPERM", ""},
	{call(unix.SYS_FINIT_MODULE, none, bad, 0), "finit_module", "EPERM", ""},
	{call(unix.SYS_DELETE_MODULE, bad, 0), "delete_module", "EPERM", ""},
	{call(unix.SYS_REBOOT, 0, 0, 0, 0), "reboot", "EPERM", ""},
	{call(unix.SYS_SETTIMEOFDAY, bad, 0), "settimeofday", "EPERM", "EFAULT"},
	{call(unix.SYS_CLOCK_SETTIME, 0, bad), "clock_settime", "EPERM", "EFAULT"},
	{call(unix.SYS_SETHOSTNAME, bad, 1), "sethostname", "EPERM", ""},
	{call(unix.SYS_SETDOMAINNAME, bad, 1), "setdomainname", "EPERM", ""},
	{call(unix.SYS_SYSLOG, 2, bad, 1), "syslog", "EPERM", ""},
	{call(unix.SYS_ACCT, bad), "acct", "EPERM", ""},
	{call(unix.SYS_VHANGUP), "vhangup", "EPERM", ""},
	// Files by their numbers, past every mount, and descriptors of others.
	{call(unix.SYS_OPEN_BY_HANDLE_AT, none, bad, 0), "open_by_handle_at", "EPERM", ""},
	{call(unix.SYS_PIDFD_GETFD, none, 0, 0), "pidfd_getfd", "EPERM", "EBADF"},
	{call(unix.SYS_KCMP, 1, 1, 0, 0, 0), "kcmp", "EPERM", ""},
	{call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, 1, 0, 0), "ptrace of the init", "EPERM", "EPERM"},
	{call(unix.SYS_PROCESS_VM_READV, 1, bad, 0, bad, 0, 0), "process_vm_readv of the init", "ok", ""}, // of nothing
	// Input for a terminal, also where the kernel does not look at the upper half of a request.
	{call(unix.SYS_IOCTL, none, unix.TIOCSTI, 0), "TIOCSTI", "EPERM", "EBADF"},
	{call(unix.SYS_IOCTL, none, unix.TIOCSTI|high, 0), "TIOCSTI with a high bit", "EPERM", "EBADF"},
	{call(unix.SYS_IOCTL, none, unix.TIOCSTI|1<<63, 0), "TIOCSTI with the highest bit", "EPERM", "EBADF"},
	{call(unix.SYS_IOCTL, none, unix.TIOCLINUX, 0), "TIOCLINUX", "EPERM", "EBADF"},
	{call(unix.SYS_IOCTL, none, unix.TIOCLINUX|high, 0), "TIOCLINUX with a high bit", "EPERM", "EBADF"},
	{call(unix.SYS_IOCTL, none, unix.TIOCGWINSZ, 0), "another ioctl", "EBADF", "EBADF"},
	// Families of sockets.
	{call(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM, 0), "AF_UNIX", "ok", "ok"},
	{call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 0), "AF_INET", "ok", "ok"},
	{call(unix.SYS_SOCKET, unix.AF_INET6, unix.SOCK_DGRAM, 0), "AF_INET6", "ok", "ok"},
	{call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE), "netlink, routes", "ok", "ok"},
	{call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_SOCK_DIAG), "netlink, sockets", "EPROTONOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER), "netlink, netfilter", "EPROTONOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_AUDIT), "netlink, audit", "EPROTONOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW, 0), "AF_PACKET", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_ALG, unix.SOCK_SEQPACKET, 0), "AF_ALG", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM, 0), "AF_VSOCK", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_VSOCK|high, unix.SOCK_STREAM, 0), "AF_VSOCK with a high bit", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_KEY, unix.SOCK_RAW, 2), "AF_KEY", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_RXRPC, unix.SOCK_DGRAM, 0), "AF_RXRPC", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_XDP, unix.SOCK_RAW, 0), "AF_XDP", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_TIPC, unix.SOCK_STREAM, 0), "AF_TIPC", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKET, unix.AF_BLUETOOTH, unix.SOCK_RAW, 0), "AF_BLUETOOTH", "EAFNOSUPPORT", ""},
	{call(unix.SYS_SOCKETPAIR, unix.AF_TIPC, unix.SOCK_STREAM, 0, bad), "socketpair of AF_TIPC", "EAFNOSUPPORT", ""},
	// Numbers of no call, of one that is to come, and of the 32-bit pointers' ABI.
	{call(9999), "a number of none", "ENOSYS", "ENOSYS"},
	{call(none), "the last number", "ENOSYS", "ENOSYS"},
	{call(0x40000000 | unix.SYS_GETPID), "x32", "ENOSYS", "ENOSYS"},
	{call(unix.SYS_PERSONALITY, 0x0400000), "a personality", "EPERM", "ok"},
	// And what every program does.
	{call(unix.SYS_GETPID), "getpid", "ok", "ok"},
	{call(unix.SYS_CHROOT, bad), "chroot", "EFAULT", "EFAULT"},
	{call(unix.SYS_CAPGET, bad, 0), "capget", "EFAULT", "EFAULT"},
	{call(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, bad), "a filter of its own", "EFAULT", "EFAULT"},
}

// The default profile, as a process inside meets it: by every way in, and for root as for others.
func TestCallsAreAnsweredAsTheProfileSays(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		var numbers []string
		for _, a := range answers {
			numbers = append(numbers, a.call)
		}
		ways := map[string][]string{
			"run": {userns}, "no init": {userns, "--no-init"}, "setuid programs": {userns, "--security-opt", "no-new-privileges=false"}, "terminal": {userns, "-t"},
		}
		if userns != "--userns=single" {
			ways["a user"] = []string{userns, "-u", "1000"}
		}
		for way, flags := range ways {
			r := kit.Run(t, append(append(flags, rootfs, "probe", "calls"), numbers...)...)
			if r.Lacks(t) {
				continue
			}
			r.OK(t)
			answered(t, way, strings.Fields(r.Stdout), func(a answer) string { return a.want })
		}
		r := kit.Run(t, append([]string{userns, "--seccomp=unconfined", rootfs, "probe", "calls"}, numbers...)...)
		if r.Lacks(t) {
			return
		}
		r.OK(t)
		// That the answers are the filter's is seen from those that are others without.
		answered(t, "unconfined", strings.Fields(r.Stdout), func(a answer) string { return a.loose })
	})
	if len(answers) < 60 {
		t.Errorf("%d calls are too few", len(answers))
	}
}

func answered(t *testing.T, way string, got []string, want func(answer) string) {
	t.Helper()
	if len(got) != len(answers) {
		t.Errorf("%s: %d answers to %d calls: %v", way, len(got), len(answers), got)
		return
	}
	for i, a := range answers {
		if w := want(a); w != "" && got[i] != w {
			t.Errorf("%s: %s: %s, want %s", way, a.name, got[i], w)
		}
	}
}

// exec takes the container's filter, whatever that was started with.
func TestExecHasTheContainersFilter(t *testing.T) {
	testenv.Unprivileged(t)
	profile := filepath.Join(t.TempDir(), "profile.json")
	if err := os.WriteFile(profile, []byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getcwd"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	h := kit.Home(t, "")
	for _, tt := range []struct {
		flags []string
		want  string // of keyctl, unshare and getcwd
	}{
		{nil, "EPERM EPERM EFAULT"},
		{[]string{"--security-opt=no-new-privileges=false"}, "EPERM EPERM EFAULT"},
		{[]string{"--seccomp=unconfined"}, "ok EINVAL EFAULT"},
		{[]string{"--nested"}, "ENOSYS EINVAL EFAULT"},
		{[]string{"--seccomp=" + profile}, "ok EINVAL ENOTSUP"},
		{[]string{"--cap-add=SYS_ADMIN"}, "EPERM EINVAL EFAULT"},
	} {
		h.Detach(append([]string{"--name", "filtered", "--replace"}, tt.flags...), "sleep", "1000")
		r := h.Run("exec", "filtered", "probe", "calls", answers[0].call, call(unix.SYS_UNSHARE, unix.CLONE_NEWUSER), call(unix.SYS_GETCWD, bad, 9))
		if got := strings.Join(strings.Fields(r.Stdout), " "); got != tt.want {
			t.Errorf("%v: keyctl, unshare and getcwd give %q, want %q; %s", tt.flags, got, tt.want, r.Stderr)
		}
	}
	h.Run("rm", "-f", "filtered").OK(t)
}

// A filter that cannot be read is no reason to run without.
func TestExecWithoutTheContainersFilterIsRefused(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	h.Detach([]string{"--name", "spoilt"}, "sleep", "1000")
	filters, err := filepath.Glob(filepath.Join(h.Runtime, "urun", strings.Repeat("[0-9a-f]", 64), "seccomp.bpf"))
	if err != nil || len(filters) != 1 {
		t.Fatalf("the filters of one container: %v, %v", filters, err)
	}
	for _, spoil := range []func() error{
		func() error { return os.WriteFile(filters[0], []byte("123"), 0o600) },
		func() error { return os.Truncate(filters[0], 0) },
		func() error { return os.Remove(filters[0]) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		h.Run("exec", "spoilt", "true").Refused(t, 125, "seccomp filter", "no command is run")
	}
	h.Run("rm", "-f", "spoilt").OK(t)
}

// Other architectures' calls have other numbers: all of them end the process, and urun says why.
func TestCallsOfAnotherArchitectureEndTheProcess(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("only amd64 has another one always")
	}
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		for _, mode := range []string{"--init", "--no-init"} {
			r := kit.Run(t, userns, mode, rootfs, "probe", "foreign")
			if r.Lacks(t) {
				continue
			}
			if r.Status != 128+int(unix.SIGSYS) || r.Stdout != "" || !strings.Contains(r.Stderr, "another architecture") || !strings.Contains(r.Stderr, "--seccomp unconfined") {
				t.Errorf("%s: status %d, says %q and %q", mode, r.Status, r.Stdout, r.Stderr)
			}
		}
	})
}

// What real programs need to start: their threads, with what clone3 is to glibc and to Go.
func TestThreadsStartUnderTheDefaultProfile(t *testing.T) {
	testenv.Unprivileged(t)
	if r := kit.Run(t, kit.Rootfs(t), "probe", "threads"); !r.Lacks(t) && r.Stdout != "20\n" {
		t.Errorf("Go: %+v", r)
	}
	testenv.Need(t, "gcc", "python3")
	dir := t.TempDir()
	source := filepath.Join(dir, "threads.c")
	if err := os.WriteFile(source, []byte(`#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
extern char **environ;
static void *one(void *n) { ++*(int *)n; return n; }
int main(void) {
	pthread_t t[20]; int n[20] = {0}, sum = 0, status; pid_t pid; char *argv[] = {"true", NULL};
	for (int i = 0; i < 20; i++) if (pthread_create(&t[i], NULL, one, &n[i])) return 1;
	for (int i = 0; i < 20; i++) { pthread_join(t[i], NULL); sum += n[i]; }
	if (posix_spawnp(&pid, "true", NULL, NULL, argv, environ) || waitpid(pid, &status, 0) != pid || status) return 2;
	if (system("true")) return 3;
	printf("%d\n", sum);
}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-pthread", "-o", filepath.Join(dir, "threads"), source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for program, command := range map[string][]string{
		"glibc": {filepath.Join(dir, "threads")},
		"Python": {"/usr/bin/python3", "-c", `import subprocess, threading
done = []
all = [threading.Thread(target=lambda: done.append(1)) for i in range(20)]
[t.start() for t in all]; [t.join() for t in all]
assert subprocess.run(["true"]).returncode == 0
print(len(done))`},
	} {
		r := kit.Run(t, append([]string{"--net=none", "-v", dir, "-w", dir, "/"}, command...)...)
		if !r.Lacks(t) && (r.Status != 0 || r.Stdout != "20\n") {
			t.Errorf("%s: %+v", program, r)
		}
	}
}
