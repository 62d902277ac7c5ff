package doctor

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// rehearse starts a container without a rootfs: every kind of system call that a start makes, in its order, up to the
// init, whose command is nowhere. A filter that lets namespaces be made may refuse what is done in them.
func rehearse(h userns.Host) (r Rehearsal) {
	ids, f := one(h)
	if f != nil {
		return Rehearsal{Failed: f}
	}
	var name, keys any
	silent := false
	r.Failed = trial{
		flags: unix.CLONE_NEWPID, ids: ids, config: forkexec.InitConfig{Candidates: []string{nowhere}},
		steps: func(p *forkexec.Program) {
			name = surroundings(p)
			root(p)
			keys = confine(p)
			p.Exec([]string{"nothing"}, nil, func() { filter(p) })
		},
		seen: func(c *forkexec.Child) {
			silent = !saysNowhere(c)
			r.Unnamed, r.NoKeys = c.Result(name) < 0, c.Result(keys) == -int64(unix.EDQUOT)
		},
	}.do()
	if r.Failed == nil && silent {
		r.Failed = &Failure{Doing: "execute the init", Says: "it did not answer"}
	}
	return r
}

// nowhere is a command that there is not.
const nowhere = "/nowhere/at/all"

// saysNowhere tells whether an init has reported that its command is not there.
func saysNowhere(c *forkexec.Child) bool {
	m, ok, err := c.Receive()
	return err == nil && ok && len(m.Bytes) == 16 && binary.LittleEndian.Uint64(m.Bytes)&0xfff == uint64(unix.ENOENT)
}

// surroundings are the names, the network and the mounts of the child's own. A start without a host name of its own goes on.
func surroundings(p *forkexec.Program) (name any) {
	p.Call("unshare", unix.SYS_UNSHARE, unix.CLONE_NEWNS|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC|unix.CLONE_NEWNET)
	name = p.Call("sethostname", unix.SYS_SETHOSTNAME, "doctor", len("doctor"))
	p.Tolerate(name, unix.EPERM) // podman's filter, where its container has no CAP_SYS_ADMIN
	ifreq := make([]byte, 40)    // netdevice(7): a name of 16 bytes, then the flags
	copy(ifreq, "lo")
	ifreq[16] = unix.IFF_UP | unix.IFF_RUNNING
	s := p.Call("socket", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	p.Call("ioctl SIOCSIFFLAGS", unix.SYS_IOCTL, s, unix.SIOCSIFFLAGS, ifreq)
	p.Call("umask", unix.SYS_UMASK, 0)
	mount.Private(p)
	return name
}

// root makes a file system in memory the child's root, with a device, a link and terminals in it.
func root(p *forkexec.Program) {
	tree := fresh(p, "tmpfs", 0, "mode=755")
	p.Call("move_mount", unix.SYS_MOVE_MOUNT, tree, "", unix.AT_FDCWD, "/proc", unix.MOVE_MOUNT_F_EMPTY_PATH)
	p.Call("statx", unix.SYS_STATX, tree, "", unix.AT_EMPTY_PATH, unix.STATX_INO, make([]byte, 256))
	p.Call("mkdirat", unix.SYS_MKDIRAT, tree, "pts", 0o755)
	p.Call("mknodat", unix.SYS_MKNODAT, tree, "null", unix.S_IFREG|0o666, 0)
	p.Call("symlinkat", unix.SYS_SYMLINKAT, "null", tree, "link")
	node := p.Call("open_tree", unix.SYS_OPEN_TREE, unix.AT_FDCWD, "/dev/null", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	attr := make([]byte, 32) // struct mount_attr: what to set, first
	binary.LittleEndian.PutUint64(attr, unix.MOUNT_ATTR_NOSUID)
	p.Call("mount_setattr", unix.SYS_MOUNT_SETATTR, node, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, attr, len(attr))
	p.Call("move_mount", unix.SYS_MOVE_MOUNT, node, "", tree, "null", unix.MOVE_MOUNT_F_EMPTY_PATH)
	pts := fresh(p, "devpts", 0, "newinstance", "ptmxmode=0666", "mode=0620")
	how := make([]byte, unix.SizeofOpenHow) // flags, mode, resolve
	binary.LittleEndian.PutUint64(how, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	binary.LittleEndian.PutUint64(how[16:], unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_MAGICLINKS)
	at := p.Call("openat2", unix.SYS_OPENAT2, tree, "pts", how, len(how))
	p.Call("move_mount", unix.SYS_MOVE_MOUNT, pts, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
	fresh(p, "mqueue", 0)
	p.Call("fchdir", unix.SYS_FCHDIR, tree)
	p.Call("pivot_root", unix.SYS_PIVOT_ROOT, ".", ".")
	p.Call("umount2", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	p.Call("chdir", unix.SYS_CHDIR, "/")
	p.Call("getcwd", unix.SYS_GETCWD, make([]byte, 4096), 4096)
}

// confine gives up what the command is not to have. The child is not made undumpable: it shares the caller's memory, and
// the caller could not write the maps of other children meanwhile.
func confine(p *forkexec.Program) (keys any) {
	keys = p.Call("keyctl", unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0)
	p.Tolerate(keys, unix.EDQUOT, unix.ENOSYS, unix.EPERM) // a container shares one then, or has none
	p.Call("prctl PR_CAPBSET_DROP", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, unix.CAP_SYS_MODULE, 0, 0, 0)
	p.Call("prctl PR_SET_KEEPCAPS", unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1)
	p.Call("setresgid", unix.SYS_SETRESGID, 0, 0, 0)
	p.Call("setresuid", unix.SYS_SETRESUID, 0, 0, 0)
	header := make([]byte, 8) // struct __user_cap_header_struct; its data are all zero: no capability
	binary.LittleEndian.PutUint32(header, unix.LINUX_CAPABILITY_VERSION_3)
	p.Call("capset", unix.SYS_CAPSET, header, make([]byte, 24))
	p.Call("prlimit64", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CORE, make([]byte, 16), 0)
	p.Call("prctl PR_SET_PDEATHSIG", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
	p.Alive("urun may have ended before that took effect")
	return keys
}
