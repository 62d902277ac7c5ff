package seccomp

// ordinary are the calls that every container may make, with any arguments.
var ordinary = [...]grant{
	{Rule: Rule{Reason: "opening and closing files", Action: Allow, Calls: []string{
		"open", "openat", "openat2", "creat", "close", "close_range", "memfd_create", "memfd_secret", "name_to_handle_at"}}},
	{Rule: Rule{Reason: "reading and writing", Action: Allow, Calls: []string{
		"read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev", "pwritev2", "lseek", "sendfile",
		"splice", "tee", "copy_file_range", "readahead", "fadvise64", "fsync", "fdatasync", "sync", "syncfs", "sync_file_range"}}},
	{Rule: Rule{Reason: "descriptors, pipes and locks", Action: Allow, Calls: []string{"dup", "dup2", "dup3", "fcntl", "flock", "pipe", "pipe2"}}},
	{Rule: Rule{Reason: "asking about files", Action: Allow, Calls: []string{
		"stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat"}}},
	{Rule: Rule{Reason: "changing files", Action: Allow, Calls: []string{
		"truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "umask",
		"utime", "utimes", "futimesat", "utimensat"}}},
	{Rule: Rule{Reason: "directories and what is in them", Action: Allow, Calls: []string{
		"getcwd", "chdir", "fchdir", "getdents", "getdents64", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "link", "linkat",
		"symlink", "symlinkat", "unlink", "unlinkat", "rename", "renameat", "renameat2"}}},
	{Rule: Rule{Reason: "extended attributes", Action: Allow, Calls: []string{
		"getxattr", "lgetxattr", "fgetxattr", "setxattr", "lsetxattr", "fsetxattr", "listxattr", "llistxattr", "flistxattr",
		"removexattr", "lremovexattr", "fremovexattr"}}},
	{Rule: Rule{Reason: "waiting for descriptors, and having files watched", Action: Allow, Calls: []string{
		"select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
		"eventfd", "eventfd2", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch"}}},
	{Rule: Rule{Reason: "asynchronous reading and writing, without a ring", Action: Allow, Calls: []string{
		"io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents"}}},
	{Rule: Rule{Reason: "memory", Action: Allow, Calls: []string{
		"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "msync", "mlock", "mlock2", "mlockall", "munlock", "munlockall",
		"remap_file_pages", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect"}}},
	{Rule: Rule{Reason: "processes", Action: Allow, Calls: []string{
		"fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid", "gettid", "getpgid", "setpgid",
		"getpgrp", "getsid", "setsid", "pidfd_open", "pidfd_send_signal", "process_mrelease", "prctl"}}},
	{Rule: Rule{Reason: "threads and locks between them", Action: Allow, Calls: []string{
		"set_tid_address", "futex", "get_robust_list", "set_robust_list", "rseq", "restart_syscall"}}},
	{Rule: Rule{Reason: "registers and segments of amd64", Action: Allow, Calls: []string{"arch_prctl", "modify_ldt"}}},
	{Rule: Rule{Reason: "signals", Action: Allow, Calls: []string{
		"kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigreturn",
		"rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "signalfd", "signalfd4", "pause", "alarm"}}},
	{Rule: Rule{Reason: "time and timers; setting the clock takes a capability that nobody here has", Action: Allow, Calls: []string{
		"time", "gettimeofday", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "clock_adjtime", "adjtimex", "times",
		"getitimer", "setitimer", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
		"timerfd_create", "timerfd_gettime", "timerfd_settime"}}},
	{Rule: Rule{Reason: "scheduling", Action: Allow, Calls: []string{
		"sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_setparam", "sched_getscheduler",
		"sched_setscheduler", "sched_getattr", "sched_setattr", "sched_get_priority_max", "sched_get_priority_min",
		"sched_rr_get_interval", "getpriority", "setpriority", "ioprio_get", "ioprio_set", "getcpu"}}},
	{Rule: Rule{Reason: "users, groups and capabilities", Action: Allow, Calls: []string{
		"getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid", "setreuid", "setregid",
		"setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capget", "capset"}}},
	{Rule: Rule{Reason: "limits and what the machine is", Action: Allow, Calls: []string{
		"getrlimit", "setrlimit", "prlimit64", "getrusage", "uname", "sysinfo", "getrandom"}}},
	{Rule: Rule{Reason: "using sockets, once they are there", Action: Allow, Calls: []string{
		"bind", "listen", "accept", "accept4", "connect", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
		"sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg"}}},
	{Rule: Rule{Reason: "shared memory, semaphores and queues of the IPC namespace", Action: Allow, Calls: []string{
		"shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
		"mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr"}}},
	{Rule: Rule{Reason: "giving up more", Action: Allow, Calls: []string{
		"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}}},
	{Rule: Rule{Reason: "debuggers; the kernel lets them at processes with no more rights than their own", Action: Allow, Calls: []string{
		"ptrace", "process_vm_readv", "process_vm_writev"}}},
}
