package mount

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Root is how the container's root is made from a rootfs.
type Root struct {
	Source
	ReadOnly bool
	// Host tells that the rootfs is the host's own root: nothing is made in it and
	// no setuid bit of it counts.
	Host bool
	// Ephemeral has writes go to memory, Store (with Ephemeral false) to a
	// directory that holds upper/ and work/; both leave the rootfs as it is.
	Ephemeral bool
	Store     *Source
	store     any
	// Skeleton are missing mount points for a rootfs that cannot be written. They
	// come from a layer above it.
	Skeleton []Entry
	// Lower are the absolute paths of at most MostLower directories that together are the root, the topmost first: the layers of an
	// image, which nobody changes. Source is then some directory, over which the root is mounted, with Mode and Attr of the layers.
	// It is always written to a layer above them: Store, or memory.
	Lower    []string
	Owner    *Owner // whose the root directory is; nil: the process's that makes it
	Volatile bool   // what is in Store does not outlive the container; where it cannot be a layer, memory takes its place
	// Own tells that the rootfs is a copy that nobody else sees: ReadOnly counts when its mount points are made.
	Own bool
	// Layers are what an ephemeral host root is put together from.
	Layers []Layer
}

// Entry is a directory or an empty file of a skeleton, parents before children.
type Entry struct {
	Path string // relative
	Dir  bool
	Mode uint32
}

func (r *Root) overlay() bool { return r.Ephemeral || r.Store != nil || len(r.Skeleton) > 0 }

// Sealed tells whether the root becomes read-only when its mount points are there: nobody else sees them.
func (r *Root) Sealed() bool { return r.ReadOnly && (r.Own || len(r.Lower) > 0) }

// OpenRoot opens the rootfs. It comes before anything is mounted.
func (t *Tree) OpenRoot(r *Root) {
	why := "the rootfs, opened once; from here on a handle"
	if len(r.Lower) > 0 {
		why = "over this directory the root is mounted"
	}
	t.Root = t.s.Call(why, unix.SYS_OPENAT, unix.AT_FDCWD, r.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	r.same(t.s, t.Root, t.stat)
	t.Create = !r.Host
	if r.Store != nil {
		r.store = t.s.Call("the directory that keeps the writes", unix.SYS_OPEN_TREE, unix.AT_FDCWD, r.Store.Path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		r.Store.same(t.s, r.store, t.stat)
	}
}

// AttachRoot makes the rootfs a mount of its own, whose root paths are resolved
// under from then on. Missing mount points of a read-only one have been made
// before (Ensure).
func (t *Tree) AttachRoot(r *Root) {
	if r.Host && r.Ephemeral {
		t.attachLayers(r)
		return
	}
	at, s := t.Root, t.s
	if len(r.Lower) > 0 {
		tree := t.stackLower(r, at)
		attach(s, "pivot_root(2) wants a mount point, and some kernels no mounts on a detached one", tree, at)
		t.Root = tree
		return
	}
	tree := s.Call("a copy of the mounts at the rootfs", unix.SYS_OPEN_TREE, at, "", unix.OPEN_TREE_CLONE|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
	var set uint64
	if r.ReadOnly && !r.Own {
		set |= unix.MOUNT_ATTR_RDONLY
	}
	if r.Host {
		set |= unix.MOUNT_ATTR_NOSUID
	}
	if set != 0 && !r.overlay() {
		s.Call("asked for, on every mount of it", unix.SYS_MOUNT_SETATTR, tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, setAttr(set, 0), sizeofAttr)
	}
	if r.overlay() {
		tree = t.stack(r, tree, at)
	}
	attach(s, "pivot_root(2) wants a mount point, and some kernels no mounts on a detached one", tree, at)
	t.Root = tree
}

// Seal makes the root of an image read-only but for these directories in it, which are there.
func (t *Tree) Seal(writable []string) {
	s := t.s
	places := make([][2]any, len(writable))
	for i, dir := range writable { // while they can be written
		at := t.open("directory "+dir+", which is to be written", inside(dir), true, inRoot)
		places[i] = [2]any{at, s.Call("a mount of it alone", unix.SYS_OPEN_TREE, at, "", unix.OPEN_TREE_CLONE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)}
	}
	s.Call("every mount point is there, and nothing more is made", unix.SYS_MOUNT_SETATTR, t.Root, "", unix.AT_EMPTY_PATH, setAttr(unix.MOUNT_ATTR_RDONLY, 0), sizeofAttr)
	t.Create = false
	for i, p := range places {
		attach(s, "mount at "+writable[i], p[1], p[0])
		closeFD(s, "of many", p[0])
		closeFD(s, "of many", p[1])
	}
}

// stack puts layers over the rootfs. The layers lie in a tmpfs that is mounted
// at the rootfs and gone with the old root; the working directory is in it, so
// that overlay's options are short names on every kernel.
func (t *Tree) stack(r *Root, lower, at any) any {
	s := t.s
	scratch := create(s, "room for the layers of the root", "tmpfs", []string{"mode=755"}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	attach(s, "an upper layer on a detached mount is EINVAL before 6.13", scratch, at)
	t.covered = r.Host
	s.Call("the layers' names are relative", unix.SYS_FCHDIR, scratch)
	bindAt(s, "lower", lower)
	data := []string{"lowerdir=lower", "userxattr"}
	if len(r.Skeleton) > 0 {
		s.Call("the layer of missing mount points", unix.SYS_MKDIRAT, unix.AT_FDCWD, "skeleton", r.Mode)
		for _, e := range r.Skeleton {
			if e.Dir {
				s.Call("a mount point", unix.SYS_MKDIRAT, unix.AT_FDCWD, "skeleton/"+e.Path, e.Mode)
			} else {
				s.Call("a mount point", unix.SYS_MKNODAT, unix.AT_FDCWD, "skeleton/"+e.Path, unix.S_IFREG|e.Mode, 0)
			}
		}
		data[0] = "lowerdir=skeleton:lower"
	}
	switch {
	case r.Store != nil:
		bindAt(s, "store", r.store)
		data = append(data, "upperdir=store/upper", "workdir=store/work")
	case r.Ephemeral:
		s.Call("the layer that is written", unix.SYS_MKDIRAT, unix.AT_FDCWD, "upper", r.Mode)
		s.Call("overlay's own room beside it", unix.SYS_MKDIRAT, unix.AT_FDCWD, "work", 0o700)
		data = append(data, "upperdir=upper", "workdir=work")
	}
	attr := r.Attr
	if r.ReadOnly || !r.Ephemeral && r.Store == nil {
		attr |= unix.MOUNT_ATTR_RDONLY
	}
	tree := create(s, "the layers as one", "overlay", data, attr)
	if attr == 0 {
		writable(s, tree, syscall.EROFS)
	}
	return tree
}

// writable makes sure that an overlay can be written: when the kernel cannot make its
// work directory ready, because what is there belongs to ids that are not mapped, it
// mounts the overlay read-only and says so in its log alone. In a directory that is new, it is room that it lacked.
func writable(s Steps, tree any, errno syscall.Errno) {
	const size, flags = 120, 80 // of struct statfs, and where f_flags is in it
	stat := s.Data(make([]byte, size))
	s.Call("how it was mounted", unix.SYS_FSTATFS, tree, stat)
	s.Check("writes to the root have a place", stat, flags, unix.ST_RDONLY, 0, errno)
}

// bindAt attaches a detached tree to a new directory of the working directory.
func bindAt(s Steps, name string, tree any) {
	s.Call("a place for it", unix.SYS_MKDIRAT, unix.AT_FDCWD, name, 0o755)
	s.Call("a layer has a name", unix.SYS_MOVE_MOUNT, tree, "", unix.AT_FDCWD, name, unix.MOVE_MOUNT_F_EMPTY_PATH)
}
