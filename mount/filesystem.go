package mount

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// create makes a new file system and returns its detached mount.
func create(s Steps, why, fstype string, data []string, attr uint64) any {
	fs := configure(s, why, fstype, data)
	s.Call("make the "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
	return s.Call("a mount of it, not yet anywhere", unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, attr)
}

func configure(s Steps, why, fstype string, data []string) any {
	fs := s.Call(why, unix.SYS_FSOPEN, fstype, unix.FSOPEN_CLOEXEC)
	for _, o := range data {
		option(s, fs, fstype, o)
	}
	return fs
}

// option adds one to a file system in the making.
func option(s Steps, fs any, fstype, option string) any {
	key, value, flag := split(option)
	if flag {
		return s.Call("option "+option+" of "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_FLAG, key, 0, 0)
	}
	return s.Call("option "+option+" of "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, key, value, 0)
}

// createOr makes a new proc or sysfs, or binds the host's where the kernel does
// not allow a new one: it belongs to a namespace that the container does not have
// for its own, or the one outside is partly covered (mount_too_revealing() in
// fs/namespace.c), as in a container of Docker's.
func (t *Tree) createOr(why, fstype string, data []string, attr uint64, outside string) any {
	s := t.s
	fs := s.Call(why, unix.SYS_FSOPEN, fstype, unix.FSOPEN_CLOEXEC)
	t.tolerate(fs, unix.EPERM)
	for _, option := range data {
		key, value, _ := split(option)
		o := s.Call("option "+option+" of "+fstype, unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, key, value, 0)
		t.tolerate(o, unix.EBADF)
	}
	sb := s.Call("the superblock", unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
	t.tolerate(sb, unix.EPERM, unix.EBADF)
	tree := s.Call("a mount of it, not yet anywhere", unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, attr)
	f := Fallback{Type: fstype, from: []any{fs, sb, tree}, on: []syscall.Errno{unix.EPERM, unix.EINVAL, unix.EBADF}}
	t.otherwise(tree, f.on, func() any {
		var bound any
		bound, f.Step = bindOutside(s, outside, attr)
		return bound
	})
	t.Fallbacks = append(t.Fallbacks, f)
	return tree
}

// tolerate lets a step fail by which a lower rung is taken.
func (t *Tree) tolerate(result any, on ...syscall.Errno) {
	if !t.Strict {
		t.s.Tolerate(result, on...)
	}
}

// otherwise adds what is done on a lower rung.
func (t *Tree) otherwise(result any, on []syscall.Errno, do func() any) {
	if !t.Strict {
		t.s.Else(result, on, do)
	}
}

// bindOutside binds a file system of the host, with everything below it.
func bindOutside(s Steps, path string, attr uint64) (tree, rung any) {
	rung = s.Call("the host's own "+path+" is shared", unix.SYS_OPENAT, unix.AT_FDCWD, path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	tree = s.Call("a copy of its mounts", unix.SYS_OPEN_TREE, rung, "", unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
	s.Call("with no more rights than a new one", unix.SYS_MOUNT_SETATTR, tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, setAttr(attr, 0), sizeofAttr)
	return tree, rung
}
