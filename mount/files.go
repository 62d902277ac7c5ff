package mount

import (
	"path"
	"strconv"

	"golang.org/x/sys/unix"
)

// File is a small file of the container's own, such as /etc/hosts.
type File struct {
	Dest     string // absolute; its name is unlike that of the others
	Content  []byte
	Optional bool // leave it out where its place is missing: the directory is someone's volume
}

// Files puts files over those of the same names. They are in a file system in memory
// that has room for nothing else: what the container writes to them reaches no file of
// the rootfs or of the host, and takes at most the size of that.
//
// A place that is a link is not followed: the link itself is covered, wherever it leads
// to. So /etc/resolv.conf works that leads to a /run which is empty here.
func (t *Tree) Files(list []File, readOnly bool) {
	if len(list) == 0 {
		return
	}
	s := t.s
	dir := path.Dir(list[0].Dest)
	at := t.target(dir, true, inRoot)
	memory := create(s, "a place for files of the container's own", "tmpfs", []string{"mode=755", "size=" + strconv.Itoa(room(list)) + "k", "nr_inodes=16"},
		unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	attach(s, "a file of a detached mount cannot be mounted before 6.15", memory, at)
	trees := make([]any, len(list))
	for i, f := range list {
		name := path.Base(f.Dest)
		fd := s.Call("the container's "+name, unix.SYS_OPENAT, memory, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644)
		if len(f.Content) > 0 {
			s.Call("what it says", unix.SYS_WRITE, fd, f.Content, len(f.Content))
		}
		closeFD(s, "a file open for writing could not become read-only", fd)
		trees[i] = s.Call("the file as a mount", unix.SYS_OPEN_TREE, memory, name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		if readOnly {
			s.Call("as everything in a root that cannot be written", unix.SYS_MOUNT_SETATTR, trees[i], "", unix.AT_EMPTY_PATH, setAttr(unix.MOUNT_ATTR_RDONLY, 0), sizeofAttr)
		}
	}
	s.Call("umount2(2) takes no handle", unix.SYS_FCHDIR, memory)
	s.Call("its directory is not seen", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	for i, f := range list {
		t.cover(f, trees[i])
		closeFD(s, "it stays mounted", trees[i])
	}
	closeFD(s, "the files stay", memory)
	closeFD(s, "the files stay", at)
}

// room is a size in KiB for the files and for what the container adds to them.
func room(list []File) int {
	size := 256 << 10
	for _, f := range list {
		size += len(f.Content)
	}
	return size >> 10
}

// cover mounts a file over what is at its place, even if that is a link.
func (t *Tree) cover(f File, tree any) {
	if f.Optional {
		at := t.s.Call("mount point "+f.Dest, unix.SYS_OPENAT2, t.Root, inside(f.Dest), openHow(unix.O_PATH|unix.O_NOFOLLOW, inRoot), unix.SizeofOpenHow)
		t.s.Tolerate(at, missing...)
		moved := t.s.Call("mount at "+f.Dest, unix.SYS_MOVE_MOUNT, tree, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		t.s.Tolerate(moved, unix.EBADF)
		t.s.Tolerate(t.s.Call("mounted", unix.SYS_CLOSE, at), unix.EBADF)
		return
	}
	at := t.place(f.Dest)
	attach(t.s, "mount at "+f.Dest, tree, at)
	closeFD(t.s, "mounted", at)
}
