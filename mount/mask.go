package mount

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Mask hides paths: a file behind /dev/null, a directory behind an empty one. A
// path that does not exist needs no mask.
func (t *Tree) Mask(paths []string) {
	s := t.s
	for _, p := range paths {
		at := t.open("to be hidden", inside(p), false, inRoot)
		s.Tolerate(at, unix.ENOENT)
		null := s.Call("what hides a file", unix.SYS_OPEN_TREE, unix.AT_FDCWD, "/dev/null", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		over := s.Call("now "+p+" is empty", unix.SYS_MOVE_MOUNT, null, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		s.Else(over, []syscall.Errno{unix.ENOTDIR, unix.EINVAL, unix.EBADF}, func() any {
			dir := create(s, "what hides a directory", "tmpfs", []string{"size=0"}, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
			over := s.Call("now "+p+" is empty", unix.SYS_MOVE_MOUNT, dir, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
			s.Tolerate(over, unix.EBADF)
			return over
		})
	}
}

// ReadOnly makes paths, with what is mounted below them, read-only.
func (t *Tree) ReadOnly(paths []string) {
	s := t.s
	for _, p := range paths {
		at := t.open("to be read-only", inside(p), false, inRoot)
		s.Tolerate(at, unix.ENOENT)
		tree := s.Call("a copy of its mounts", unix.SYS_OPEN_TREE, at, "", unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
		s.Tolerate(tree, unix.EBADF)
		readOnly(s, tree)
		over := s.Call("now "+p+" is read-only", unix.SYS_MOVE_MOUNT, tree, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		s.Tolerate(over, unix.EBADF)
	}
}
