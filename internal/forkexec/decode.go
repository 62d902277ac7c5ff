package forkexec

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// decoder is how a system call is printed: its name, and how its numbers and
// structs are.
type decoder struct {
	name    string
	args    []func(int64) string
	structs [6]func([]byte) string
}

// calls has the system calls that programs use. One that is missing prints by
// number. It is made when something is printed: a start of a container is not to pay for it.
var calls = sync.OnceValue(func() map[uintptr]decoder {
	return map[uintptr]decoder{
		unix.SYS_CAPSET:                  {name: "capset", structs: [6]func([]byte) string{1: printCaps}},
		unix.SYS_CHDIR:                   {name: "chdir"},
		unix.SYS_CLOSE:                   {name: "close"},
		unix.SYS_CLOSE_RANGE:             {name: "close_range", args: list(nil, unsigned32, flags(closeRangeFlags))},
		unix.SYS_DUP3:                    {name: "dup3", args: list(nil, nil, flags(openFlags))},
		unix.SYS_EXECVEAT:                {name: "execveat", args: list(nil, nil, nil, nil, flags(atFlags))},
		unix.SYS_FCHDIR:                  {name: "fchdir"},
		unix.SYS_FCHMOD:                  {name: "fchmod", args: list(nil, octal)},
		unix.SYS_FCHOWN:                  {name: "fchown"},
		unix.SYS_FCHOWNAT:                {name: "fchownat", args: list(dirfd, nil, nil, nil, flags(atFlags))},
		unix.SYS_FCNTL:                   {name: "fcntl", args: list(nil, names(fcntlCommands))},
		unix.SYS_FSCONFIG:                {name: "fsconfig", args: list(nil, names(fsconfigCommands))},
		unix.SYS_FSMOUNT:                 {name: "fsmount", args: list(nil, flags(fsmountFlags), flags(mountAttrs))},
		unix.SYS_FSOPEN:                  {name: "fsopen", args: list(nil, flags(fsopenFlags))},
		unix.SYS_FSTATFS:                 {name: "fstatfs"},
		unix.SYS_GETCWD:                  {name: "getcwd"},
		unix.SYS_IOCTL:                   {name: "ioctl", args: list(nil, names(ioctls))},
		unix.SYS_KEYCTL:                  {name: "keyctl", args: list(names(keyctls))},
		unix.SYS_LANDLOCK_CREATE_RULESET: {name: "landlock_create_ruleset", structs: [6]func([]byte) string{0: printRights}},
		unix.SYS_LANDLOCK_ADD_RULE:       {name: "landlock_add_rule", args: list(nil, names(landlockRules)), structs: [6]func([]byte) string{2: printRule}},
		unix.SYS_LANDLOCK_RESTRICT_SELF:  {name: "landlock_restrict_self"},
		unix.SYS_MKDIRAT:                 {name: "mkdirat", args: list(dirfd, nil, octal)},
		unix.SYS_MKNODAT:                 {name: "mknodat", args: list(dirfd, nil, octal)},
		unix.SYS_MOUNT:                   {name: "mount", args: list(nil, nil, nil, flags(mountFlags))},
		unix.SYS_MOUNT_SETATTR:           {name: "mount_setattr", args: list(dirfd, nil, flags(atFlags)), structs: [6]func([]byte) string{3: printMountAttr}},
		unix.SYS_MOVE_MOUNT:              {name: "move_mount", args: list(dirfd, nil, dirfd, nil, flags(moveMountFlags))},
		unix.SYS_OPENAT:                  {name: "openat", args: list(dirfd, nil, flags(openFlags), octal)},
		unix.SYS_OPENAT2:                 {name: "openat2", args: list(dirfd), structs: [6]func([]byte) string{2: printOpenHow}},
		unix.SYS_OPEN_TREE:               {name: "open_tree", args: list(dirfd, nil, flags(openTreeFlags))},
		unix.SYS_PIVOT_ROOT:              {name: "pivot_root"},
		unix.SYS_PRCTL:                   {name: "prctl", args: list(names(prctls))},
		unix.SYS_PRLIMIT64:               {name: "prlimit64", args: list(nil, names(rlimits)), structs: [6]func([]byte) string{2: printLimit}},
		unix.SYS_RECVFROM:                {name: "recvfrom"},
		unix.SYS_RT_SIGACTION:            {name: "rt_sigaction"},
		unix.SYS_SECCOMP:                 {name: "seccomp", args: list(names(seccompCommands), flags(seccompFlags)), structs: [6]func([]byte) string{2: printFilter}},
		unix.SYS_SENDMSG:                 {name: "sendmsg", args: list(nil, nil, hex64)},
		unix.SYS_SENDTO:                  {name: "sendto"},
		unix.SYS_SETGROUPS:               {name: "setgroups", structs: [6]func([]byte) string{1: printGroups}},
		unix.SYS_SETDOMAINNAME:           {name: "setdomainname"},
		unix.SYS_SETHOSTNAME:             {name: "sethostname"},
		unix.SYS_SETNS:                   {name: "setns", args: list(nil, flags(cloneFlags))},
		unix.SYS_SETRESGID:               {name: "setresgid"},
		unix.SYS_SETRESUID:               {name: "setresuid"},
		unix.SYS_SETSID:                  {name: "setsid"},
		unix.SYS_SOCKET:                  {name: "socket", args: list(names(families), flags(socketTypes))},
		unix.SYS_STATX:                   {name: "statx", args: list(dirfd, nil, flags(atFlags), hex64)},
		unix.SYS_SYMLINKAT:               {name: "symlinkat", args: list(nil, dirfd)},
		unix.SYS_UMASK:                   {name: "umask", args: list(octal)},
		unix.SYS_UMOUNT2:                 {name: "umount2", args: list(nil, flags(umountFlags))},
		unix.SYS_UNSHARE:                 {name: "unshare", args: list(flags(cloneFlags))},
		unix.SYS_WRITE:                   {name: "write", structs: [6]func([]byte) string{1: printBytes}},
	}
})

type bit struct {
	value uint64
	name  string
}

var (
	openFlags = []bit{{unix.O_PATH, "O_PATH"}, {unix.O_DIRECTORY, "O_DIRECTORY"}, {unix.O_NOFOLLOW, "O_NOFOLLOW"}, {unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"},
		{unix.O_WRONLY, "O_WRONLY"}, {unix.O_RDWR, "O_RDWR"}, {unix.O_NOCTTY, "O_NOCTTY"}, {unix.O_CLOEXEC, "O_CLOEXEC"}}
	resolveFlags = []bit{{unix.RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT"}, {unix.RESOLVE_BENEATH, "RESOLVE_BENEATH"}, {unix.RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS"},
		{unix.RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS"}, {unix.RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV"}}
	atFlags    = []bit{{unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"}, {unix.AT_RECURSIVE, "AT_RECURSIVE"}, {unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"}}
	cloneFlags = []bit{{unix.CLONE_NEWUSER, "CLONE_NEWUSER"}, {unix.CLONE_NEWNS, "CLONE_NEWNS"}, {unix.CLONE_NEWPID, "CLONE_NEWPID"}, {unix.CLONE_NEWUTS, "CLONE_NEWUTS"},
		{unix.CLONE_NEWIPC, "CLONE_NEWIPC"}, {unix.CLONE_NEWNET, "CLONE_NEWNET"}, {unix.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"}}
	// for CloneFlags
	fixedFlags      = []bit{{unix.CLONE_VM, "CLONE_VM"}, {unix.CLONE_PIDFD, "CLONE_PIDFD"}}
	closeRangeFlags = []bit{{unix.CLOSE_RANGE_CLOEXEC, "CLOSE_RANGE_CLOEXEC"}}
	fsopenFlags     = []bit{{unix.FSOPEN_CLOEXEC, "FSOPEN_CLOEXEC"}}
	fsmountFlags    = []bit{{unix.FSMOUNT_CLOEXEC, "FSMOUNT_CLOEXEC"}}
	mountAttrs      = []bit{{unix.MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY"}, {unix.MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID"}, {unix.MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV"},
		{unix.MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC"}, {unix.MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME"}, {unix.MOUNT_ATTR_STRICTATIME, "MOUNT_ATTR_STRICTATIME"},
		{unix.MOUNT_ATTR_NODIRATIME, "MOUNT_ATTR_NODIRATIME"}, {unix.MOUNT_ATTR_NOSYMFOLLOW, "MOUNT_ATTR_NOSYMFOLLOW"}}
	mountFlags = []bit{{unix.MS_REC, "MS_REC"}, {unix.MS_PRIVATE, "MS_PRIVATE"}, {unix.MS_SLAVE, "MS_SLAVE"}, {unix.MS_BIND, "MS_BIND"}, {unix.MS_RDONLY, "MS_RDONLY"},
		{unix.MS_NOSUID, "MS_NOSUID"}, {unix.MS_NODEV, "MS_NODEV"}, {unix.MS_NOEXEC, "MS_NOEXEC"}}
	moveMountFlags   = []bit{{unix.MOVE_MOUNT_F_EMPTY_PATH, "MOVE_MOUNT_F_EMPTY_PATH"}, {unix.MOVE_MOUNT_T_EMPTY_PATH, "MOVE_MOUNT_T_EMPTY_PATH"}}
	openTreeFlags    = []bit{{unix.OPEN_TREE_CLONE, "OPEN_TREE_CLONE"}, {unix.OPEN_TREE_CLOEXEC, "OPEN_TREE_CLOEXEC"}, {unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"}, {unix.AT_RECURSIVE, "AT_RECURSIVE"}}
	keyctls          = []bit{{unix.KEYCTL_JOIN_SESSION_KEYRING, "KEYCTL_JOIN_SESSION_KEYRING"}}
	umountFlags      = []bit{{unix.MNT_DETACH, "MNT_DETACH"}}
	fcntlCommands    = []bit{{unix.F_SETFD, "F_SETFD"}, {unix.F_GETFD, "F_GETFD"}, {unix.F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"}}
	fsconfigCommands = []bit{{unix.FSCONFIG_SET_FLAG, "FSCONFIG_SET_FLAG"}, {unix.FSCONFIG_SET_STRING, "FSCONFIG_SET_STRING"}, {unix.FSCONFIG_SET_FD, "FSCONFIG_SET_FD"},
		{unix.FSCONFIG_CMD_CREATE, "FSCONFIG_CMD_CREATE"}}
	ioctls = []bit{{unix.TIOCSPTLCK, "TIOCSPTLCK"}, {unix.TIOCGPTPEER, "TIOCGPTPEER"}, {unix.TIOCSWINSZ, "TIOCSWINSZ"}, {unix.TIOCSCTTY, "TIOCSCTTY"},
		{unix.SIOCSIFFLAGS, "SIOCSIFFLAGS"}, {unix.SIOCSIFMTU, "SIOCSIFMTU"}, {unix.SIOCSIFADDR, "SIOCSIFADDR"}, {unix.SIOCSIFNETMASK, "SIOCSIFNETMASK"},
		{unix.SIOCADDRT, "SIOCADDRT"}, {unix.TUNSETIFF, "TUNSETIFF"}, {unix.TUNSETIFINDEX, "TUNSETIFINDEX"}, {unix.TUNSETPERSIST, "TUNSETPERSIST"}}
	landlockRules  = []bit{{unix.LANDLOCK_RULE_PATH_BENEATH, "LANDLOCK_RULE_PATH_BENEATH"}}
	landlockRights = []bit{{unix.LANDLOCK_ACCESS_FS_WRITE_FILE, "WRITE_FILE"}, {unix.LANDLOCK_ACCESS_FS_TRUNCATE, "TRUNCATE"}, {unix.LANDLOCK_ACCESS_FS_REMOVE_FILE, "REMOVE_FILE"},
		{unix.LANDLOCK_ACCESS_FS_REMOVE_DIR, "REMOVE_DIR"}, {unix.LANDLOCK_ACCESS_FS_MAKE_REG, "MAKE_REG"}, {unix.LANDLOCK_ACCESS_FS_MAKE_DIR, "MAKE_DIR"},
		{unix.LANDLOCK_ACCESS_FS_MAKE_SYM, "MAKE_SYM"}, {unix.LANDLOCK_ACCESS_FS_MAKE_SOCK, "MAKE_SOCK"}, {unix.LANDLOCK_ACCESS_FS_MAKE_FIFO, "MAKE_FIFO"},
		{unix.LANDLOCK_ACCESS_FS_MAKE_CHAR, "MAKE_CHAR"}, {unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK, "MAKE_BLOCK"}, {unix.LANDLOCK_ACCESS_FS_REFER, "REFER"}}
	families    = []bit{{unix.AF_UNIX, "AF_UNIX"}, {unix.AF_INET, "AF_INET"}, {unix.AF_INET6, "AF_INET6"}, {unix.AF_NETLINK, "AF_NETLINK"}}
	socketTypes = []bit{{unix.SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {unix.SOCK_RAW, "SOCK_RAW"}, {unix.SOCK_DGRAM, "SOCK_DGRAM"}, {unix.SOCK_STREAM, "SOCK_STREAM"}}
	prctls      = []bit{{unix.PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG"}, {unix.PR_SET_DUMPABLE, "PR_SET_DUMPABLE"}, {unix.PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS"},
		{unix.PR_CAPBSET_DROP, "PR_CAPBSET_DROP"}, {unix.PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS"}, {unix.PR_CAP_AMBIENT, "PR_CAP_AMBIENT"},
		{unix.PR_SET_SECUREBITS, "PR_SET_SECUREBITS"}}
	seccompCommands = []bit{{unix.SECCOMP_SET_MODE_FILTER, "SECCOMP_SET_MODE_FILTER"}}
	seccompFlags    = []bit{{unix.SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"}, {unix.SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
		{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"}}
	rlimits = []bit{{unix.RLIMIT_AS, "RLIMIT_AS"}, {unix.RLIMIT_CORE, "RLIMIT_CORE"}, {unix.RLIMIT_CPU, "RLIMIT_CPU"}, {unix.RLIMIT_DATA, "RLIMIT_DATA"}, {unix.RLIMIT_FSIZE, "RLIMIT_FSIZE"},
		{unix.RLIMIT_LOCKS, "RLIMIT_LOCKS"}, {unix.RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK"}, {unix.RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE"}, {unix.RLIMIT_NICE, "RLIMIT_NICE"},
		{unix.RLIMIT_NOFILE, "RLIMIT_NOFILE"}, {unix.RLIMIT_NPROC, "RLIMIT_NPROC"}, {unix.RLIMIT_RSS, "RLIMIT_RSS"}, {unix.RLIMIT_RTPRIO, "RLIMIT_RTPRIO"},
		{unix.RLIMIT_RTTIME, "RLIMIT_RTTIME"}, {unix.RLIMIT_SIGPENDING, "RLIMIT_SIGPENDING"}, {unix.RLIMIT_STACK, "RLIMIT_STACK"}}
)

// CloneFlags prints the flags of clone(2) and unshare(2).
func CloneFlags(v uintptr) string { return flags(append(cloneFlags, fixedFlags...))(int64(v)) }

func list(f ...func(int64) string) []func(int64) string { return f }

func flags(table []bit) func(int64) string {
	return func(n int64) string {
		v, out := uint64(n), []string(nil)
		for _, b := range table {
			if b.value != 0 && v&b.value == b.value {
				out, v = append(out, b.name), v&^b.value
			}
		}
		if v != 0 || len(out) == 0 {
			out = append(out, hex(v))
		}
		return strings.Join(out, "|")
	}
}

func names(table []bit) func(int64) string {
	return func(n int64) string {
		for _, b := range table {
			if b.value == uint64(n) {
				return b.name
			}
		}
		return strconv.FormatInt(n, 10)
	}
}

func dirfd(n int64) string {
	if n == unix.AT_FDCWD {
		return "AT_FDCWD"
	}
	return strconv.FormatInt(n, 10)
}

func octal(n int64) string { return "0" + strconv.FormatInt(n, 8) }
func hex64(n int64) string { return hex(uint64(n)) }
func hex(n uint64) string {
	if n < 10 {
		return strconv.FormatUint(n, 10)
	}
	return "0x" + strconv.FormatUint(n, 16)
}
func unsigned32(n int64) string { return hex(uint64(uint32(n))) }

func printOpenHow(b []byte) string {
	le := binary.LittleEndian
	s := "{" + flags(openFlags)(int64(le.Uint64(b)))
	if mode := le.Uint64(b[8:]); mode != 0 {
		s += ", " + octal(int64(mode))
	}
	return s + ", " + flags(resolveFlags)(int64(le.Uint64(b[16:]))) + "}"
}

func printMountAttr(b []byte) string {
	le := binary.LittleEndian
	s := "{set " + flags(mountAttrs)(int64(le.Uint64(b)))
	if clr := le.Uint64(b[8:]); clr != 0 {
		s += ", clear " + flags(mountAttrs)(int64(clr))
	}
	if p := le.Uint64(b[16:]); p != 0 {
		s += ", " + flags(mountFlags)(int64(p))
	}
	return s + "}"
}

// printCaps prints the two halves of each set as one number, as /proc/PID/status does.
func printCaps(b []byte) string {
	le := binary.LittleEndian
	set := func(i int) string { return hex(uint64(le.Uint32(b[4*i:])) | uint64(le.Uint32(b[12+4*i:]))<<32) }
	return "{effective " + set(0) + ", permitted " + set(1) + ", inheritable " + set(2) + "}"
}

func printLimit(b []byte) string {
	le := binary.LittleEndian
	return "{soft " + strconv.FormatUint(le.Uint64(b), 10) + ", hard " + strconv.FormatUint(le.Uint64(b[8:]), 10) + "}"
}

func printGroups(b []byte) string {
	list := make([]string, len(b)/4)
	for i := range list {
		list[i] = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[4*i:])), 10)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// printFilter prints the length of a struct sock_fprog.
func printFilter(b []byte) string {
	return "{" + strconv.Itoa(int(binary.LittleEndian.Uint16(b))) + " instructions}"
}

func printBytes(b []byte) string { return strconv.Quote(string(b)) }

// printRights prints struct landlock_ruleset_attr.
func printRights(b []byte) string {
	return "{" + flags(landlockRights)(int64(binary.LittleEndian.Uint64(b))) + "}"
}

// printRule prints struct landlock_path_beneath_attr. A descriptor that is not known yet is stored there by the step before.
func printRule(b []byte) string {
	fd := "the descriptor stored"
	if n := binary.LittleEndian.Uint32(b[8:]); n != 0 {
		fd = strconv.Itoa(int(n))
	}
	return "{" + flags(landlockRights)(int64(binary.LittleEndian.Uint64(b))) + ", " + fd + "}"
}
