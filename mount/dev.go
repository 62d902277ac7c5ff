package mount

import "golang.org/x/sys/unix"

// devices are the nodes of a minimal /dev. A user namespace cannot make device
// nodes (mknod(2) is EPERM), so they are the host's, bound.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

var devLinks = []struct{ name, to string }{
	{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	{"ptmx", "pts/ptmx"},
}

// Devices fills the /dev that was mounted: a tmpfs of our own, in which names are
// as good as handles. dirs are mount points that come next.
func (t *Tree) Devices(dirs []string) {
	t.devDirs = make(map[string]bool, len(dirs))
	for _, name := range devices {
		t.s.Call("a place for the node", unix.SYS_MKNODAT, t.Dev, name, unix.S_IFREG|0o666, 0)
		node := t.s.Call("the host's node", unix.SYS_OPEN_TREE, unix.AT_FDCWD, "/dev/"+name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		readOnly(t.s, node)
		t.s.Call("mount at /dev/"+name, unix.SYS_MOVE_MOUNT, node, "", t.Dev, name, unix.MOVE_MOUNT_F_EMPTY_PATH)
	}
	t.s.Call("devices and nothing more", unix.SYS_MOUNT_SETATTR, t.Dev, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE,
		setAttr(unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, 0), sizeofAttr)
	for _, l := range devLinks {
		t.s.Call("what programs expect", unix.SYS_SYMLINKAT, l.to, t.Dev, l.name)
	}
	for _, name := range dirs {
		t.s.Call("a mount point for what comes next", unix.SYS_MKDIRAT, t.Dev, name, 0o755)
		t.devDirs["dev/"+name] = true
	}
}

// Console binds the terminal's slave to /dev/console.
func (t *Tree) Console(slave any) {
	t.s.Call("a place for the console", unix.SYS_MKNODAT, t.Dev, "console", unix.S_IFREG|0o600, 0)
	node := t.s.Call("the terminal's slave", unix.SYS_OPEN_TREE, slave, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	t.s.Call("mount at /dev/console", unix.SYS_MOVE_MOUNT, node, "", t.Dev, "console", unix.MOVE_MOUNT_F_EMPTY_PATH)
}
