package mount

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Mask hides paths: a directory behind an empty one, a file behind /dev/null. A path that
// does not exist needs no mask, unless it is one of those that must be hidden. One empty directory serves for all; it lies over the old
// root's /proc, and goes with that.
func (t *Tree) Mask(paths, must []string) {
	if len(paths) == 0 {
		return
	}
	s := t.s
	empty := create(s, "an empty directory, to hide others behind", "tmpfs", []string{"mode=755", "size=4k", "nr_inodes=1"},
		unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	s.Call("a detached mount cannot be cloned before 6.15", unix.SYS_MOVE_MOUNT, empty, "", unix.AT_FDCWD, "/proc", unix.MOVE_MOUNT_F_EMPTY_PATH)
	for _, p := range paths {
		hide := func(at any) {
			dir := s.Call("another empty directory", unix.SYS_OPEN_TREE, empty, "", unix.OPEN_TREE_CLONE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
			over := s.Call("now "+p+" is empty", unix.SYS_MOVE_MOUNT, dir, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
			s.Else(over, []syscall.Errno{unix.ENOTDIR, unix.EINVAL}, func() any { // do_move_mount() and graft_tree() in fs/namespace.c say it differently
				null := s.Call("it is a file", unix.SYS_OPEN_TREE, unix.AT_FDCWD, "/dev/null", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
				readOnly(s, null)
				return s.Call("now "+p+" is empty", unix.SYS_MOVE_MOUNT, null, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
			})
		}
		if slices.Contains(must, p) {
			hide(t.open("asked for: "+p+" is to be hidden", inside(p), false, inRoot))
			continue
		}
		at := t.open("to be hidden, if there is such a thing", inside(p), false, inRoot)
		s.Unless(at, []syscall.Errno{unix.ENOENT}, func() { hide(at) })
	}
}

// ReadOnly makes paths, with what is mounted below them, read-only.
func (t *Tree) ReadOnly(paths []string) {
	s := t.s
	for _, p := range paths {
		at := t.open("to be read-only, if there is such a thing", inside(p), false, inRoot)
		s.Unless(at, []syscall.Errno{unix.ENOENT}, func() {
			tree := s.Call("a copy of its mounts", unix.SYS_OPEN_TREE, at, "", unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
			readOnly(s, tree)
			s.Call("now "+p+" is read-only", unix.SYS_MOVE_MOUNT, tree, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		})
	}
}
