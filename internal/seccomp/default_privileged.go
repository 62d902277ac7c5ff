package seccomp

// privileged are the rules for containers with more capabilities than the usual ones, and for nested ones. They come first,
// because some allow what the others refuse. The capability is one in the container's user namespace, which for many of
// these calls is not enough for the kernel; it is asked for what both podman's and docker's profiles ask for it. That is why
// CAP_BPF and CAP_PERFMON alone open nothing: podman's ask for CAP_SYS_ADMIN.
var privileged = [...]grant{
	{nested: true, Rule: Rule{Reason: "containers inside: a thread or process by the newer call", Action: Allow, Calls: []string{"clone3"}}},
	{nested: true, Rule: Rule{Reason: "containers inside: they go on without a session keyring; the caller's user keyring answers to this user id, too", Action: notImplemented,
		Calls: []string{"keyctl"}}},
	{nested: true, Rule: Rule{Reason: "containers inside: another root, and looking at mounts", Action: Allow,
		Calls: []string{"pivot_root", "open_tree_attr", "statmount", "listmount"}}},

	{caps: []string{"CAP_SYS_ADMIN"}, nested: true, Rule: Rule{Reason: "namespaces and their names, for CAP_SYS_ADMIN", Action: Allow,
		Calls: []string{"clone", "unshare", "setns", "sethostname", "setdomainname"}}},
	{caps: []string{"CAP_SYS_ADMIN"}, nested: true, Rule: Rule{Reason: "mounts, for CAP_SYS_ADMIN", Action: Allow,
		Calls: []string{"mount", "umount2", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr"}}},
	{caps: []string{"CAP_SYS_ADMIN"}, Rule: Rule{Reason: "watching and limiting file systems, for CAP_SYS_ADMIN", Action: Allow,
		Calls: []string{"fanotify_init", "fanotify_mark", "quotactl"}}},
	{caps: []string{"CAP_SYS_ADMIN"}, Rule: Rule{Reason: "programs in the kernel and its counters, for CAP_SYS_ADMIN", Action: Allow,
		Calls: []string{"bpf", "perf_event_open"}}},
	{caps: []string{"CAP_SYS_CHROOT"}, nested: true, Rule: Rule{Reason: "another root, for CAP_SYS_CHROOT", Action: Allow, Calls: []string{"chroot"}}},
	{caps: []string{"CAP_SYS_PTRACE"}, nested: true, Rule: Rule{Reason: "another process's descriptors, for CAP_SYS_PTRACE", Action: Allow,
		Calls: []string{"pidfd_getfd"}}},
	{caps: []string{"CAP_SYS_PTRACE"}, Rule: Rule{Reason: "comparing and advising other processes, for CAP_SYS_PTRACE", Action: Allow,
		Calls: []string{"kcmp", "process_madvise"}}},
	{caps: []string{"CAP_SYSLOG", "CAP_SYS_ADMIN"}, Rule: Rule{Reason: "the kernel's log, for CAP_SYSLOG", Action: Allow, Calls: []string{"syslog"}}},
	{caps: []string{"CAP_SYS_NICE"}, Rule: Rule{Reason: "which memory node is used, for CAP_SYS_NICE", Action: Allow,
		Calls: []string{"get_mempolicy", "mbind", "set_mempolicy"}}},
	{caps: []string{"CAP_DAC_READ_SEARCH"}, Rule: Rule{Reason: "files by their handles, for CAP_DAC_READ_SEARCH", Action: Allow,
		Calls: []string{"open_by_handle_at"}}},
	{caps: []string{"CAP_SYS_TIME"}, Rule: Rule{Reason: "setting the clock, for CAP_SYS_TIME", Action: Allow,
		Calls: []string{"clock_settime", "settimeofday"}}},
	{caps: []string{"CAP_SYS_BOOT"}, Rule: Rule{Reason: "ending the pid namespace, for CAP_SYS_BOOT", Action: Allow, Calls: []string{"reboot"}}},
	{caps: []string{"CAP_SYS_MODULE"}, Rule: Rule{Reason: "modules of the kernel, for CAP_SYS_MODULE", Action: Allow,
		Calls: []string{"init_module", "finit_module", "delete_module"}}},
	{caps: []string{"CAP_SYS_PACCT"}, Rule: Rule{Reason: "accounting of processes, for CAP_SYS_PACCT", Action: Allow, Calls: []string{"acct"}}},
	{caps: []string{"CAP_SYS_RAWIO"}, Rule: Rule{Reason: "ports of devices, for CAP_SYS_RAWIO", Action: Allow, Calls: []string{"iopl", "ioperm"}}},
	{caps: []string{"CAP_SYS_TTY_CONFIG"}, Rule: Rule{Reason: "hanging up a terminal, for CAP_SYS_TTY_CONFIG", Action: Allow, Calls: []string{"vhangup"}}},
}
