package mount

import (
	"cmp"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Denied is a place in the container where something shows that must not be read,
// listed, written or executed.
type Denied struct {
	Dest string // absolute; a link there is followed
	// Is is what has to be there, or nil. In an overlay a file has another number.
	Is *Source
	// Optional tells that nothing needs to be there.
	Optional bool
	// Above are directories that lead there, the highest first, which the container
	// could rename: into a directory that shows at a second place as well, where
	// nothing is hidden. rename(2) of a mount point is EBUSY.
	Above []string

	at any
}

// notThere are the errnos of a place that leads nowhere, or where the container's root
// may not even look.
var notThere = []syscall.Errno{unix.ENOENT, unix.ENOTDIR, unix.EACCES}

// Deny hides places: a directory behind an empty one, a file behind an empty one, which
// only who has CAP_DAC_OVERRIDE may open. Unlike what [Tree.Mask] hides they must be there:
// a protection that was asked for is not left out. It comes after all other mounts.
func (t *Tree) Deny(list []Denied) {
	if len(list) == 0 {
		return
	}
	s := t.s
	const attr = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	memory := create(s, "a place for a file that hides files", "tmpfs", []string{"mode=700", "size=4k", "nr_inodes=2"}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	attach(s, "a file of a detached mount cannot be mounted before 6.15", memory, t.Root)
	s.Call("empty, and nobody may open it", unix.SYS_MKNODAT, memory, "denied", unix.S_IFREG, 0)
	var above []string
	for _, d := range list {
		above = append(above, d.Above...)
	}
	slices.SortFunc(above, func(a, b string) int {
		return cmp.Or(strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
	for _, dir := range slices.Compact(above) {
		t.pin(dir)
	}
	for i := range list { // all before the first is hidden, which may lead to another
		d := &list[i]
		d.at = t.open("--deny "+d.Dest, inside(d.Dest), false, inRoot)
		if d.Optional {
			s.Tolerate(d.at, notThere...)
		}
		if d.Is != nil {
			d.Is.same(s, d.at, t.stat)
		}
	}
	for _, d := range list {
		var absent []syscall.Errno
		if d.Optional {
			absent = []syscall.Errno{unix.EBADF}
		}
		file := s.Call("what hides a file", unix.SYS_OPEN_TREE, memory, "denied", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		s.Call("nothing can be written to it", unix.SYS_MOUNT_SETATTR, file, "", unix.AT_EMPTY_PATH, setAttr(attr, 0), sizeofAttr)
		over := s.Call("now "+d.Dest+" is out of reach", unix.SYS_MOVE_MOUNT, file, "", d.at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		s.Else(over, append([]syscall.Errno{unix.ENOTDIR, unix.EINVAL}, absent...), func() any {
			dir := create(s, "what hides a directory", "tmpfs", []string{"mode=0", "size=4k", "nr_inodes=1"}, attr)
			over := s.Call("now "+d.Dest+" is out of reach", unix.SYS_MOVE_MOUNT, dir, "", d.at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
			s.Tolerate(over, absent...)
			return over
		})
		closeFD(s, "of many", file)
		s.Tolerate(s.Call("of many", unix.SYS_CLOSE, d.at), absent...)
	}
	s.Call("umount2(2) takes no handle", unix.SYS_FCHDIR, memory)
	s.Call("its directory is not seen", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	closeFD(s, "the file stays where it is mounted", memory)
}

// pin mounts a directory, with what is mounted below it, over itself.
func (t *Tree) pin(dir string) {
	s := t.s
	at := t.open("it leads to what is hidden, and is not to be renamed", inside(dir), true, inRoot)
	tree := s.Call("a copy of the mounts there", unix.SYS_OPEN_TREE, at, "", unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
	attach(s, "a mount point cannot be renamed: "+dir, tree, at)
	closeFD(s, "of many", tree)
	closeFD(s, "of many", at)
}
