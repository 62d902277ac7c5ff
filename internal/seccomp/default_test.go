package seccomp

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// usual are the capabilities of a container that was asked for nothing else.
var usual = defaultCaps

func with(capabilities ...string) []string { return slices.Concat(usual, capabilities) }

// every is all capabilities that a rule of any of the profiles asks for, and some more.
var every = with("CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYSLOG", "CAP_SYS_NICE", "CAP_DAC_READ_SEARCH", "CAP_SYS_TIME", "CAP_SYS_BOOT",
	"CAP_SYS_MODULE", "CAP_SYS_PACCT", "CAP_SYS_RAWIO", "CAP_SYS_TTY_CONFIG", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_BPF", "CAP_PERFMON", "CAP_MKNOD", "CAP_IPC_LOCK", "CAP_SYS_RESOURCE", "CAP_CHECKPOINT_RESTORE")

type attempt struct {
	call string
	args [6]uint64
	want Action
}

// check makes the attempts under a policy's filter, on both architectures.
func check(t *testing.T, p *Policy, attempts []attempt) {
	t.Helper()
	for _, arch := range archs {
		f, err := Compile(p, arch)
		if err != nil {
			t.Fatal(err)
		}
		audit, _ := auditArch(arch)
		for _, a := range attempts {
			nr, ok := number(arch, a.call)
			if !ok {
				if _, ok := number("amd64", a.call); !ok {
					t.Errorf("there is no call %s", a.call)
				}
				continue
			}
			if got := f.Run(&Call{int32(nr), audit, a.args}); got != a.want {
				t.Errorf("%s: %s%x gives %v, want %v", arch, a.call, a.args, got, a.want)
			}
		}
	}
}

const high = 1 << 32 // the kernel does not see this bit of an int

func TestWhatAUsualContainerMayDo(t *testing.T) {
	check(t, Default(usual, false), []attempt{
		{"read", args(), Allow}, {"openat", args(), Allow}, {"openat2", args(), Allow}, {"execve", args(), Allow}, {"mmap", args(), Allow},
		{"futex", args(), Allow}, {"rseq", args(), Allow}, {"epoll_pwait2", args(), Allow}, {"close_range", args(), Allow},
		{"faccessat2", args(), Allow}, {"statx", args(), Allow}, {"mknodat", args(), Allow}, {"setuid", args(), Allow},
		{"ptrace", args(), Allow}, {"process_vm_readv", args(), Allow}, {"chroot", args(), Allow}, {"seccomp", args(), Allow},
		{"landlock_restrict_self", args(), Allow}, {"pidfd_open", args(), Allow}, {"io_submit", args(), Allow}, {"arch_prctl", args(), Allow},
		{"adjtimex", args(), Allow}, {"memfd_create", args(), Allow}, {"sched_setaffinity", args(), Allow}, {"shmget", args(), Allow},

		// A thread of pthread_create(3), a child of posix_spawn(3), new namespaces.
		{"clone", args(0x3d0f00), Allow}, {"clone", args(0x4111), Allow}, {"clone", args(high | 0x11), Allow},
		{"clone", args(unix.CLONE_NEWUSER | 0x11), notPermitted}, {"clone", args(unix.CLONE_NEWNS), notPermitted},
		{"clone", args(unix.CLONE_NEWCGROUP), notPermitted}, {"clone", args(high | unix.CLONE_NEWNET), notPermitted},
		{"clone3", args(), notImplemented}, {"unshare", args(), notPermitted}, {"setns", args(), notPermitted},

		{"add_key", args(), notPermitted}, {"request_key", args(), notPermitted}, {"keyctl", args(), notPermitted}, {"keyctl", args(1), notPermitted},
		{"bpf", args(), notPermitted}, {"perf_event_open", args(), notPermitted}, {"userfaultfd", args(), notPermitted},
		{"io_uring_setup", args(), notPermitted}, {"io_uring_enter", args(), notPermitted}, {"io_uring_register", args(), notPermitted},
		{"mount", args(), notPermitted}, {"umount2", args(), notPermitted}, {"pivot_root", args(), notPermitted},
		{"fsopen", args(), notPermitted}, {"fsconfig", args(), notPermitted}, {"fsmount", args(), notPermitted}, {"fspick", args(), notPermitted},
		{"move_mount", args(), notPermitted}, {"open_tree", args(), notPermitted}, {"mount_setattr", args(), notPermitted},
		{"kexec_load", args(), notPermitted}, {"kexec_file_load", args(), notPermitted}, {"init_module", args(), notPermitted},
		{"finit_module", args(), notPermitted}, {"delete_module", args(), notPermitted}, {"open_by_handle_at", args(), notPermitted},
		{"process_madvise", args(), notPermitted}, {"pidfd_getfd", args(), notPermitted}, {"kcmp", args(), notPermitted},
		{"reboot", args(), notPermitted}, {"swapon", args(), notPermitted}, {"acct", args(), notPermitted}, {"quotactl", args(), notPermitted},
		{"syslog", args(), notPermitted}, {"settimeofday", args(), notPermitted}, {"clock_settime", args(), notPermitted},
		{"sethostname", args(), notPermitted}, {"setdomainname", args(), notPermitted}, {"iopl", args(), notPermitted},
		{"vhangup", args(), notPermitted}, {"mbind", args(), notPermitted}, {"move_pages", args(), notPermitted}, {"vmsplice", args(), notPermitted},
		{"fanotify_init", args(), notPermitted}, {"lookup_dcookie", args(), notPermitted}, {"uselib", args(), notPermitted},
		{"fchmodat2", args(), notImplemented}, {"futex_waitv", args(), notImplemented}, {"mseal", args(), notImplemented},
		{"statmount", args(), notImplemented}, {"cachestat", args(), notImplemented}, {"setxattrat", args(), notImplemented},

		{"ioctl", args(0, unix.TCGETS), Allow}, {"ioctl", args(0, unix.TIOCSTI), notPermitted}, {"ioctl", args(0, unix.TIOCLINUX), notPermitted},
		{"ioctl", args(0, high|unix.TIOCSTI), notPermitted}, {"ioctl", args(0, 1<<63|unix.TIOCLINUX), notPermitted},
		{"ioctl", args(unix.TIOCSTI, unix.TCGETS), Allow},

		{"personality", args(), Allow}, {"personality", args(8), Allow}, {"personality", args(0x20008), Allow}, {"personality", args(0xffffffff), Allow},
		{"personality", args(0x40000), notPermitted}, {"personality", args(0x400000), notPermitted},

		{"socket", args(unix.AF_UNIX, 1), Allow}, {"socket", args(unix.AF_INET, 2), Allow}, {"socket", args(high | unix.AF_INET6), Allow},
		{"socket", args(unix.AF_NETLINK, 3, unix.NETLINK_ROUTE), Allow}, {"socket", args(unix.AF_NETLINK, 3, high), Allow},
		{"socket", args(unix.AF_NETLINK, 3, unix.NETLINK_AUDIT), noSuchProtocol},
		{"socket", args(unix.AF_NETLINK, 3, unix.NETLINK_NETFILTER), noSuchProtocol},
		{"socket", args(high|unix.AF_NETLINK, 3, high|unix.NETLINK_NETFILTER), noSuchProtocol},
		{"socket", args(unix.AF_PACKET), noSuchFamily}, {"socket", args(unix.AF_ALG), noSuchFamily}, {"socket", args(unix.AF_VSOCK), noSuchFamily},
		{"socket", args(unix.AF_KEY), noSuchFamily}, {"socket", args(unix.AF_XDP), noSuchFamily}, {"socket", args(unix.AF_CAN), noSuchFamily},
		{"socket", args(unix.AF_RXRPC), noSuchFamily}, {"socket", args(unix.AF_TIPC), noSuchFamily}, {"socket", args(), noSuchFamily},
		{"socket", args(high | unix.AF_ALG), noSuchFamily},
		{"socketpair", args(unix.AF_UNIX), Allow}, {"socketpair", args(unix.AF_TIPC), noSuchFamily}, {"socketpair", args(unix.AF_INET), noSuchFamily},
	})
}

func args(list ...uint64) (a [6]uint64) {
	copy(a[:], list)
	return a
}

func TestACapabilityOpensItsCalls(t *testing.T) {
	for capability, attempts := range map[string][]attempt{
		"CAP_SYS_ADMIN": {{"mount", args(), Allow}, {"fsopen", args(), Allow}, {"unshare", args(), Allow}, {"setns", args(), Allow},
			{"clone", args(unix.CLONE_NEWUSER), Allow}, {"bpf", args(), Allow}, {"syslog", args(), Allow},
			{"clone3", args(), notImplemented}, {"pivot_root", args(), notPermitted}, {"keyctl", args(1), notPermitted}},
		"CAP_SYS_PTRACE": {{"kcmp", args(), Allow}, {"pidfd_getfd", args(), Allow}, {"process_madvise", args(), Allow}, {"mount", args(), notPermitted}},
		"CAP_SYS_NICE":   {{"mbind", args(), Allow}, {"set_mempolicy", args(), Allow}, {"get_mempolicy", args(), Allow}},
		"CAP_BPF":        {{"bpf", args(), notPermitted}},
		"CAP_SYSLOG":     {{"syslog", args(), Allow}},
		"CAP_SYS_TIME":   {{"clock_settime", args(), Allow}},
		"CAP_SYS_MODULE": {{"finit_module", args(), Allow}},
		"CAP_NET_RAW":    {{"socket", args(unix.AF_PACKET), Allow}, {"socket", args(unix.AF_NETLINK, 0, unix.NETLINK_NETFILTER), noSuchProtocol}},
		"CAP_NET_ADMIN": {{"socket", args(unix.AF_NETLINK, 0, unix.NETLINK_NETFILTER), Allow}, {"socket", args(unix.AF_PACKET), noSuchFamily},
			{"socket", args(unix.AF_NETLINK, 0, high|unix.NETLINK_AUDIT), noSuchProtocol}},
		"CAP_AUDIT_WRITE": {{"socket", args(unix.AF_NETLINK, 0, unix.NETLINK_AUDIT), Allow},
			{"socket", args(unix.AF_NETLINK, 0, unix.NETLINK_NETFILTER), noSuchProtocol}},
	} {
		t.Run(capability, func(t *testing.T) { check(t, Default(with(capability), false), attempts) })
	}
	check(t, Default(nil, false), []attempt{{"chroot", args(), notPermitted}})
}

func TestANestedContainerMayMakeContainers(t *testing.T) {
	check(t, Default(nil, true), []attempt{
		{"clone", args(unix.CLONE_NEWUSER | unix.CLONE_NEWPID), Allow}, {"clone3", args(), Allow}, {"unshare", args(), Allow}, {"setns", args(), Allow},
		{"mount", args(), Allow}, {"umount2", args(), Allow}, {"pivot_root", args(), Allow}, {"chroot", args(), Allow}, {"fsopen", args(), Allow},
		{"fsconfig", args(), Allow}, {"fsmount", args(), Allow}, {"fspick", args(), Allow}, {"move_mount", args(), Allow}, {"open_tree", args(), Allow},
		{"mount_setattr", args(), Allow}, {"open_tree_attr", args(), Allow}, {"statmount", args(), Allow}, {"sethostname", args(), Allow},
		{"setdomainname", args(), Allow}, {"pidfd_getfd", args(), Allow}, {"seccomp", args(), Allow}, {"landlock_create_ruleset", args(), Allow},
		// With the right to change permissions, another user of the host's could be let at the caller's own user keyring.
		{"keyctl", args(unix.KEYCTL_JOIN_SESSION_KEYRING), notImplemented}, {"keyctl", args(high | unix.KEYCTL_SETPERM), notImplemented},
		{"keyctl", args(unix.KEYCTL_READ), notImplemented}, {"add_key", args(), notPermitted},
		{"bpf", args(), notPermitted}, {"perf_event_open", args(), notPermitted}, {"io_uring_setup", args(), notPermitted},
		{"userfaultfd", args(), notPermitted}, {"syslog", args(), notPermitted}, {"kexec_load", args(), notPermitted},
		{"ioctl", args(0, unix.TIOCSTI), notPermitted}, {"fchmodat2", args(), notImplemented},
		{"socket", args(unix.AF_NETLINK), Allow}, {"socket", args(unix.AF_NETLINK, 0, unix.NETLINK_NETFILTER), noSuchProtocol},
		{"socket", args(unix.AF_PACKET), noSuchFamily},
	})
}

// A call that golang.org/x/sys comes to know gave ENOSYS before, being unknown, and its users' fallbacks may need that.
func TestNewCallsAreNotPermittedButUnknown(t *testing.T) {
	p := Default(every, false)
	for nr, name := range names("amd64") {
		if nr <= 448 { // process_mrelease, the last that podman's profile knows
			continue
		}
		call := &Call{Number: int32(nr), Arch: unix.AUDIT_ARCH_X86_64}
		if got := reference(p, "amd64", call); got != notImplemented {
			t.Errorf("%s, number %d, gives %v, want ENOSYS", name, nr, got)
		}
	}
}

func TestEveryRuleHasAReasonAndCallsThatExist(t *testing.T) {
	seen := map[string]bool{}
	for _, grants := range [][]grant{privileged[:], guarded[:], ordinary[:]} {
		for _, g := range grants {
			if g.Reason == "" || len(g.Calls) == 0 {
				t.Errorf("a rule about %v has the reason %q", g.Calls, g.Reason)
			}
			for _, c := range g.caps {
				if !slices.Contains(every, c) {
					t.Errorf("%v are for %s, with which nothing is tested", g.Calls, c)
				}
			}
			for _, name := range g.Calls {
				_, amd := number("amd64", name)
				_, arm := number("arm64", name)
				if !amd && !arm {
					t.Errorf("no architecture has %s", name)
				}
			}
		}
	}
	for _, g := range ordinary {
		for _, name := range g.Calls {
			if seen[name] {
				t.Errorf("%s is allowed twice", name)
			}
			seen[name] = true
		}
	}
}
