package seccomp

import "golang.org/x/sys/unix"

const (
	word       = 0xffffffff // what the kernel looks at of an argument that is an int
	namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
		unix.CLONE_NEWPID | unix.CLONE_NEWNET // CLONE_NEWTIME is no flag of clone(2): its bit is one of the signal's
	// Values for personality(2), which x/sys/unix does not have.
	linux64        = 0
	linux32        = 0x8
	uname26        = 0x20000
	askPersonality = 0xffffffff
)

// guarded are the rules about calls that are refused with another error than EPERM, or allowed for some arguments only. Of
// those about one call the first one that applies decides.
var guarded = [...]grant{
	{Rule: Rule{Reason: "typing into the terminal, which may be the caller's (CVE-2017-5226)", Action: notPermitted,
		Calls: []string{"ioctl"}, When: []Cond{{Arg: 1, Op: MaskedEqual, Mask: word, Value: unix.TIOCSTI}}}},
	{Rule: Rule{Reason: "pasting into a console (CVE-2023-28100)", Action: notPermitted,
		Calls: []string{"ioctl"}, When: []Cond{{Arg: 1, Op: MaskedEqual, Mask: word, Value: unix.TIOCLINUX}}}},
	{Rule: Rule{Reason: "other requests to devices", Action: Allow, Calls: []string{"ioctl"}}},

	{Rule: Rule{Reason: "flags behind a pointer; C libraries and Go go back to clone", Action: notImplemented, Calls: []string{"clone3"}}},
	{Rule: Rule{Reason: "processes and threads, without new namespaces", Action: Allow,
		Calls: []string{"clone"}, When: []Cond{{Op: MaskedEqual, Mask: namespaces, Value: 0}}}},

	// Some C libraries go back to an older call only if the kernel does not know the new one. The tracer's calls at the end are
	// let through by kernels from 6.14 on, whatever a filter says.
	{Rule: Rule{Reason: "newer than podman's profile knows; who uses them has something else", Action: notImplemented,
		Calls: []string{"cachestat", "fchmodat2", "file_getattr", "file_setattr", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake",
			"getxattrat", "listmount", "listns", "listxattrat", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
			"map_shadow_stack", "mseal", "open_tree_attr", "quotactl_fd", "removexattrat", "rseq_slice_yield", "set_mempolicy_home_node", "setxattrat",
			"statmount", "uprobe", "uretprobe"}}},

	{Rule: Rule{Reason: "the usual personality", Action: Allow,
		Calls: []string{"personality"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: linux64}}}},
	{Rule: Rule{Reason: "the personality of 32-bit programs", Action: Allow,
		Calls: []string{"personality"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: linux32}}}},
	{Rule: Rule{Reason: "the personality with an old version's name", Action: Allow,
		Calls: []string{"personality"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: uname26}}}},
	{Rule: Rule{Reason: "the personality of 32-bit programs with an old version's name", Action: Allow,
		Calls: []string{"personality"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: uname26 | linux32}}}},
	{Rule: Rule{Reason: "asking for the personality", Action: Allow,
		Calls: []string{"personality"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: askPersonality}}}},

	{Rule: Rule{Reason: "local sockets", Action: Allow,
		Calls: []string{"socket", "socketpair"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_UNIX}}}},
	{Rule: Rule{Reason: "IPv4", Action: Allow, Calls: []string{"socket"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_INET}}}},
	{Rule: Rule{Reason: "IPv6", Action: Allow, Calls: []string{"socket"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_INET6}}}},
	{caps: []string{"CAP_NET_RAW"}, Rule: Rule{Reason: "packets of a network device, for CAP_NET_RAW", Action: Allow,
		Calls: []string{"socket"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_PACKET}}}},
	{Rule: Rule{Reason: "netlink: asking for addresses and routes", Action: Allow, Calls: []string{"socket"},
		When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_NETLINK}, {Arg: 2, Op: MaskedEqual, Mask: word, Value: unix.NETLINK_ROUTE}}}},
	{caps: []string{"CAP_AUDIT_WRITE"}, Rule: Rule{Reason: "netlink: the audit log, for CAP_AUDIT_WRITE", Action: Allow, Calls: []string{"socket"},
		When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_NETLINK}, {Arg: 2, Op: MaskedEqual, Mask: word, Value: unix.NETLINK_AUDIT}}}},
	{Rule: Rule{Reason: "netlink: the audit log", Action: noSuchProtocol, Calls: []string{"socket"},
		When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_NETLINK}, {Arg: 2, Op: MaskedEqual, Mask: word, Value: unix.NETLINK_AUDIT}}}},
	{caps: []string{"CAP_NET_ADMIN"}, Rule: Rule{Reason: "netlink: packet filters and the rest, for CAP_NET_ADMIN", Action: Allow,
		Calls: []string{"socket"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_NETLINK}}}},
	{Rule: Rule{Reason: "netlink: other protocols", Action: noSuchProtocol,
		Calls: []string{"socket"}, When: []Cond{{Op: MaskedEqual, Mask: word, Value: unix.AF_NETLINK}}}},
	{Rule: Rule{Reason: "other families: code of the kernel that is seldom used and often attacked", Action: noSuchFamily,
		Calls: []string{"socket", "socketpair"}}},
}
