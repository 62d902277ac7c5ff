package mount

import (
	"fmt"
	"path"
	"slices"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Tree is the container's file system while it is put together.
type Tree struct {
	Root   any  // the handle of its root; paths are resolved under it
	Create bool // missing mount points may be made

	OwnPid, OwnNet, OwnIPC bool // namespaces that the container has for its own
	OwnCgroup              bool // the cgroup namespace begins at a cgroup of the container's own

	DevPTS any // the handle of /dev/pts, once it is mounted
	Dev    any // the handle of /dev, once it is mounted

	// Fallbacks are what was perhaps done in place of something better; with Strict, what was not.
	Fallbacks []Fallback
	Strict    bool // nothing worse is done in place of anything

	covered bool // a mount for the layers lies over the root that goes

	s    Steps
	stat any // room for struct statx
	made []point

	fresh   []string        // where empty file systems are mounted
	devDirs map[string]bool // mount points that Devices made in a /dev of our own
}

// Fallback tells that a step, if it was done, took a lower rung.
type Fallback struct {
	Step any    // what its Call returned; nil with Strict
	Type string // the file system that could not be made: proc, sysfs or overlay
	Path string // of overlay, the directory that is its lower layer

	from []any // the steps by whose failing it is taken
	on   []syscall.Errno
}

// From tells whether the rung is taken when a step fails so.
func (f Fallback) From(step any, errno syscall.Errno) bool {
	return slices.Contains(f.from, step) && slices.Contains(f.on, errno)
}

// NewTree begins a tree.
func NewTree(s Steps) *Tree {
	return &Tree{s: s, stat: s.Data(make([]byte, statxSize))}
}

// Mount adds a new file system of the spec. Binds are [Tree.Volume]'s.
func (t *Tree) Mount(m specs.Mount) error {
	o, err := ParseOptions(m.Options)
	if err != nil {
		return fmt.Errorf("mount %s: %w", m.Destination, err)
	}
	s, resolve := t.s, uint64(inRoot)
	var tree any
	switch m.Type {
	case "proc":
		tree, resolve = t.proc(o), noLinks
	case "sysfs":
		tree, resolve = t.sysfs(o), noLinks
	case "mqueue":
		if !t.OwnIPC {
			tree, _ = bindOutside(s, "/dev/mqueue", o.Set)
			break
		}
		tree = create(s, "POSIX message queues of this ipc namespace", "mqueue", o.Data, o.Set)
	case "cgroup", "cgroup2":
		tree, resolve = t.cgroup(o), noLinks
	case "devpts":
		tree = create(s, "terminals of the container's own", "devpts", o.Data, o.Set)
	case "tmpfs":
		tree = create(s, "an empty file system in memory for "+m.Destination, "tmpfs", o.Data, o.Set)
	default:
		return fmt.Errorf("mount %s: a file system of type %q cannot be mounted without root; use bind, tmpfs, proc, sysfs, cgroup, devpts or mqueue", m.Destination, m.Type)
	}
	if inside(m.Destination) == "dev" {
		resolve = noLinks
	}
	if rel := inside(m.Destination); t.devDirs[rel] {
		s.Call("mount at "+m.Destination, unix.SYS_MOVE_MOUNT, tree, "", t.Dev, path.Base(rel), unix.MOVE_MOUNT_F_EMPTY_PATH)
	} else {
		attach(s, "mount at "+m.Destination, tree, t.target(m.Destination, true, resolve))
	}
	if m.Type == "tmpfs" {
		t.fresh = append(t.fresh, inside(m.Destination))
	}
	switch {
	case m.Type == "devpts":
		t.DevPTS = tree
	case inside(m.Destination) == "dev":
		t.Dev = tree
	}
	return nil
}

func (t *Tree) proc(o Options) any {
	if !t.OwnPid {
		tree, _ := bindOutside(t.s, "/proc", o.Set)
		return tree
	}
	return t.createOr("the processes of this pid namespace", "proc", o.Data, o.Set, "/proc")
}

func (t *Tree) sysfs(o Options) any {
	attr := o.Set | unix.MOUNT_ATTR_RDONLY
	if !t.OwnNet { // sysfs(5) belongs to the network namespace; a new one is EPERM
		tree, _ := bindOutside(t.s, "/sys", attr)
		return tree
	}
	return t.createOr("the kernel's objects, the network devices of this namespace", "sysfs", o.Data, attr, "/sys")
}

// cgroup shows the cgroups of the namespace. Its root is the caller's own cgroup where
// the container has none for itself, and that is not to be changed from inside.
func (t *Tree) cgroup(o Options) any {
	attr := o.Set
	if !t.OwnCgroup {
		attr |= unix.MOUNT_ATTR_RDONLY
	}
	return create(t.s, "the cgroups of this namespace", "cgroup2", nil, attr)
}

// Volume is a bind mount: what of the host appears where.
type Volume struct {
	Source
	Dest string
	Options
	tree any
}

// OpenVolumes opens the sources of all binds, before a mount can cover one.
func (t *Tree) OpenVolumes(list []Volume) {
	for i := range list {
		v := &list[i]
		flags := unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE
		if v.NonRecursive {
			flags &^= unix.AT_RECURSIVE
		}
		v.tree = t.s.Call("a copy of the mounts at the volume's source", unix.SYS_OPEN_TREE, unix.AT_FDCWD, v.Path, flags)
		v.same(t.s, v.tree, t.stat)
		if v.Set != 0 {
			// Only ever more: the kernel refuses to take away what the host's mount has.
			set := unix.AT_EMPTY_PATH
			if !v.NonRecursive {
				set |= unix.AT_RECURSIVE
			}
			t.s.Call("its options, on what is mounted below it too", unix.SYS_MOUNT_SETATTR, v.tree, "", set, setAttr(v.Set, v.Clear&unix.MOUNT_ATTR__ATIME), sizeofAttr)
		}
	}
}

// Volume mounts a bind whose source is open. The handles are closed again: there
// may be thousands.
func (t *Tree) Volume(v Volume) {
	at := t.target(v.Dest, v.Dir, inRoot)
	attach(t.s, "mount at "+v.Dest, v.tree, at)
	closeFD(t.s, "of many", at)
	closeFD(t.s, "of many", v.tree)
}

// Pivot makes the tree the root of the mount namespace and lets go of the old one. umount2(2) takes off what lies on top.
// Whatever stayed in the namespace would be the root of each process that enters it: setns(2) begins at the top of its root.
func (t *Tree) Pivot() {
	s := t.s
	s.Call("pivot_root(2) with \".\" needs no directory for the old root", unix.SYS_FCHDIR, t.Root)
	s.Call("the container's root becomes the root", unix.SYS_PIVOT_ROOT, ".", ".")
	if t.covered {
		s.Call("the room for what is written, which lies over the old root, goes", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	}
	s.Call("the old root, which now lies over it, goes", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	s.Call("into the new root", unix.SYS_CHDIR, "/")
}
