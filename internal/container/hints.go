package container

import (
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/mount"
)

// hint is what helps against failures of one kind. All that is given has to be so.
type hint struct {
	traps  []uintptr // the system calls; none: any step
	errnos []syscall.Errno
	traits trait
	says   string // {kernel} is what the host's kernel lacks, {link} what leads away
}

const memfdHint = "the sysctl vm.memfd_noexec forbids to execute urun's init; an administrator can set it to 0 or 1"

// hints are the advice on failed steps. The first that fits is given: what is special comes before what is general.
var hints = []hint{
	{nil, errnos(mount.Changed), compares, "the rootfs or a volume was replaced while the container started; try again"},

	// The working directory.
	{nil, nil, goesToCwd | hidesCwd, "--deny hides it; choose another with -w"},
	{nil, errnos(unix.ENOENT), opensCwd | rootOfHost, "with / as rootfs /tmp, /var/tmp and /run are empty; show the directory with -v, or choose another with -w"},
	{nil, errnos(unix.ENOENT), opensCwd, "make the directory in the rootfs, or choose another with -w"},
	{nil, errnos(unix.ENOTDIR), opensCwd, "it is a file, or leads through one; choose a directory with -w"},
	{nil, errnos(unix.EACCES), opensCwd, "this user may not go there: its permissions forbid it, or FUSE, which shows a file system to who mounted it alone unless that is done with -o allow_other"},
	{traps(unix.SYS_FCHDIR), errnos(unix.EACCES), 0, "this user may not enter it; choose another with -w"},
	{nil, errnos(unix.EXDEV), compares, "the working directory leads out of the container; choose another with -w"},

	// What the kernel lacks.
	{nil, errnos(unix.ENOSYS), 0, "{kernel}"},
	{traps(unix.SYS_FSOPEN), errnos(unix.ENODEV), 0, "this kernel has no such file system, or its module is not loaded: an administrator can load it (modprobe)"},
	{nil, errnos(unix.ENODEV), compares, "what lies at /dev/pts is no devpts; leave out what covers it"},

	// Where it is written to.
	{nil, errnos(unix.EROFS), compares, "the files in the directory for what is written belong to ids that are not mapped now; start with the --userns that it was made with, or choose another directory"},
	{nil, errnos(unix.ENOSPC), compares, "overlay could not make its work directory in the store of images, as on a full disk or beyond a quota; remove images (urun prune, urun rmi), or write --ephemeral"},
	{nil, errnos(unix.ENOENT, unix.EPERM, unix.EACCES), makesPoint, "{link}the mount point is missing and cannot be made; make it in the rootfs, or use --ephemeral"},
	{nil, errnos(unix.EROFS), makesPoint, "{link}the mount point is missing, and its file system is read-only; make it in the rootfs, or use --ephemeral"},
	{nil, errnos(unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG), makesPoint, "{link}the mount point is missing and cannot be made there; make it in the rootfs, or use --ephemeral"},
	{traps(unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_SYMLINKAT, unix.SYS_OPENAT, unix.SYS_OPENAT2), errnos(unix.ENOSPC), 0, noRoom},
	{traps(unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_SYMLINKAT, unix.SYS_OPENAT, unix.SYS_OPENAT2), errnos(unix.EDQUOT), 0, noQuota},

	// Paths of the rootfs.
	{traps(unix.SYS_OPENAT2), errnos(unix.ELOOP), 0, "a symbolic link is in the way where urun wants none, or leads out of the container"},
	{traps(unix.SYS_OPENAT2), errnos(unix.ENOTDIR), 0, "what the rootfs has there is no directory, and one is needed"},
	{traps(unix.SYS_OPENAT2), errnos(unix.ENOENT), 0, "it does not exist, or is a link to something that does not"},
	{traps(unix.SYS_OPENAT2), errnos(unix.EACCES), 0, "the rootfs has it under permissions or an owner that the container's root has no power over"},

	// Mounts.
	{traps(unix.SYS_MOUNT_SETATTR), errnos(unix.EPERM), 0, "an option of the host's mount, such as its atime setting, cannot be changed from a user namespace"},
	{traps(unix.SYS_OPEN_TREE), errnos(unix.EINVAL), 0, "mounts below it belong to the host and cannot be left out; use rbind instead of bind"},
	{traps(unix.SYS_MOVE_MOUNT, unix.SYS_FSMOUNT, unix.SYS_OPEN_TREE), errnos(unix.ENOSPC), 0, "the mount namespace is full, which has nothing to do with the disk: an administrator can raise the sysctl fs.mount-max"},
	{traps(unix.SYS_MOVE_MOUNT), errnos(unix.ENOTDIR, unix.EINVAL), 0, "a directory can be mounted only on a directory, a file only on a file"},
	{traps(unix.SYS_FSCONFIG), errnos(unix.EACCES), 0, "a layer of the overlay may not be read or written, as on FUSE, where nothing can be written into one; keep the directory for what is written on another file system"},
	{traps(unix.SYS_FSCONFIG), errnos(unix.EINVAL), setsID, "the id must be one that exists in the container; see --userns"},
	{traps(unix.SYS_PIVOT_ROOT), errnos(unix.EINVAL), 0, "where the machine runs from its initramfs, pivot_root(2) cannot leave that: whoever boots it changes to a root of its own (switch_root)"},

	// Namespaces, users and limits.
	{traps(unix.SYS_UNSHARE), errnos(unix.ENOSPC), 0, "no more cgroup namespaces are allowed, which has nothing to do with the disk: an administrator can raise the sysctl user.max_cgroup_namespaces"},
	{traps(unix.SYS_SETNS), errnos(unix.EPERM, unix.EINVAL), 0, "only who has capabilities in the user namespace that owns it can enter a namespace: join one of your own containers'"},
	{traps(unix.SYS_KEYCTL), errnos(unix.EDQUOT, unix.ENOSPC, unix.ENOMEM), 0, "your quota of kernel keys is used up (/proc/key-users), not the disk's: end containers or sessions of yours, or have an administrator raise the sysctls kernel.keys.maxkeys and kernel.keys.maxbytes"},
	{traps(unix.SYS_SETRESUID, unix.SYS_SETRESGID), errnos(unix.EINVAL), 0, "the id must be one that exists in the container; see --userns"},
	{traps(unix.SYS_SETRESUID, unix.SYS_EXECVEAT), errnos(unix.EAGAIN), 0, "the limit on processes is reached: see ulimit -u and --ulimit nproc"},
	{traps(unix.SYS_SETGROUPS), errnos(unix.EPERM), 0, "supplementary groups cannot be set here; --group-add keep-groups leaves yours as they are"},
	{traps(unix.SYS_PRLIMIT64), errnos(unix.EPERM), 0, "a hard limit can only be lowered; see ulimit -H"},
	{traps(unix.SYS_WRITE), errnos(unix.EINVAL), 0, "the kernel takes no such value for it"},

	// The exec.
	{traps(unix.SYS_EXECVEAT), errnos(unix.E2BIG), 0, "arguments and environment are too long for execve(2); leave some out, or hand them over in a file"},
	{traps(unix.SYS_EXECVEAT), errnos(unix.EACCES), 0, memfdHint},

	// Whatever the step is.
	{nil, errnos(unix.EPERM, unix.EACCES), appArmor, appArmorHint},
	{nil, errnos(unix.EMFILE), 0, manyFiles},
	{nil, errnos(unix.ENFILE), 0, machineFiles},
	{nil, errnos(unix.ENOMEM), 0, noMemory},
	{nil, errnos(unix.ESTALE), 0, "the server of a network file system does not know the file any more; try again"},
	{nil, errnos(unix.EIO), 0, brokenDisk},
}

func errnos(list ...syscall.Errno) []syscall.Errno { return list }
func traps(list ...uintptr) []uintptr              { return list }

// hint is the advice on a fault on a host; "" when nobody has any. Whole tells that it says all there is to say: the errno of a
// comparison is no system call's, but urun's own.
func (f fault) hint(h host) (says string, whole bool) {
	f.traits |= h.traits
	for _, row := range hints {
		if row.fits(f) {
			return row.tell(f, h), row.traits&compares != 0
		}
	}
	return "", false
}

func (h hint) fits(f fault) bool {
	return (len(h.traps) == 0 || slices.Contains(h.traps, f.trap)) && (len(h.errnos) == 0 || slices.Contains(h.errnos, f.errno)) && h.traits&^f.traits == 0
}

func (h hint) tell(f fault, on host) string {
	link := f.link
	if link != "" {
		link += "; "
	}
	return on.fill(strings.ReplaceAll(h.says, "{link}", link))
}

// fill puts what is known of the host into a sentence.
func (h host) fill(says string) string {
	return strings.ReplaceAll(says, "{kernel}", lacksCall(h.release))
}
