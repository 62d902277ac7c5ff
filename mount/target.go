package mount

import (
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var missing = []syscall.Errno{unix.ENOENT}

// target resolves a mount point inside the tree to a handle. A missing one is
// made, component by component under the handle of its parent, if the tree may be
// written.
func (t *Tree) target(dest string, dir bool, resolve uint64) any {
	rel := inside(dest)
	fd := t.open("mount point "+dest, rel, dir, resolve)
	if rel == "." || !t.Create && !t.inFresh(rel) {
		return fd
	}
	t.s.Else(fd, missing, func() any { return t.make(rel, dir, resolve) })
	return fd
}

// inFresh tells whether rel is below an empty file system that was mounted here.
func (t *Tree) inFresh(rel string) bool {
	for _, dir := range t.fresh {
		if strings.HasPrefix(rel, dir+"/") {
			return true
		}
	}
	return false
}

// Ensure makes a missing mount point without mounting anything: what must be
// done before the tree becomes read-only. With link a link there is none.
func (t *Tree) Ensure(dest string, dir, link bool) {
	if link {
		t.place(dest)
		return
	}
	t.target(dest, dir, inRoot)
}

// Own makes a missing directory, as Ensure does, for a user of the container.
func (t *Tree) Own(dest string, o Owner) {
	rel := inside(dest)
	fd := t.open("directory "+dest, rel, true, inRoot)
	t.s.Else(fd, missing, func() any {
		made := t.make(rel, true, inRoot)
		t.s.Call("it is the user's", unix.SYS_FCHOWNAT, made, "", o.UID, o.GID, unix.AT_EMPTY_PATH)
		return made
	})
}

// place is like target for a file whose place may be a link, which is not followed.
func (t *Tree) place(dest string) any {
	rel := inside(dest)
	at := t.s.Call("mount point "+dest, unix.SYS_OPENAT2, t.Root, rel, openHow(unix.O_PATH|unix.O_NOFOLLOW, inRoot), unix.SizeofOpenHow)
	if t.Create || t.inFresh(rel) {
		t.s.Else(at, missing, func() any { return t.make(rel, false, inRoot) })
	}
	return at
}

func (t *Tree) open(why, rel string, dir bool, resolve uint64) any {
	flags := uint64(unix.O_PATH)
	if dir {
		flags |= unix.O_DIRECTORY
	}
	return t.s.Call(why, unix.SYS_OPENAT2, t.Root, rel, openHow(flags, resolve), unix.SizeofOpenHow)
}

// make makes rel with its missing parents and returns its handle.
func (t *Tree) make(rel string, dir bool, resolve uint64) any {
	parent := t.Root
	if up := path.Dir(rel); up != "." {
		parent = t.open("its parent", up, true, resolve)
		t.s.Else(parent, missing, func() any { return t.make(up, true, resolve) })
	}
	// Another start may have made it meanwhile; a dangling link fails when it is opened.
	var made any
	if dir {
		made = t.s.Call("make the mount point", unix.SYS_MKDIRAT, parent, path.Base(rel), 0o755)
	} else {
		made = t.s.Call("make the mount point", unix.SYS_MKNODAT, parent, path.Base(rel), unix.S_IFREG|0o644, 0)
	}
	t.s.Tolerate(made, unix.EEXIST)
	t.made = append(t.made, point{made, "/" + rel})
	return t.open("mount point /"+rel+", new", rel, dir, resolve)
}

// inside is a container path relative to the container's root.
func inside(dest string) string {
	rel := strings.TrimPrefix(path.Clean("/"+dest), "/")
	if rel == "" {
		return "."
	}
	return rel
}

// Directory resolves a directory inside the container to a handle.
func (t *Tree) Directory(why, dir string) any {
	return t.open(why, inside(dir), true, inRoot)
}

// File opens a file inside the container, such as one below /proc.
func (t *Tree) File(why, file string, flags uint64) any {
	return t.s.Call(why, unix.SYS_OPENAT2, t.Root, inside(file), openHow(flags, inRoot), unix.SizeofOpenHow)
}

// point is a mount point that the rootfs lacks.
type point struct {
	step any // makes it
	dest string
}

// Makes tells whether a step makes a missing mount point in the rootfs.
func (t *Tree) Makes(step any) bool { return t.Point(step) != "" }

// Point is the mount point that a step makes in the rootfs, which lacks it; "" if it makes none.
func (t *Tree) Point(step any) string {
	for _, p := range t.made {
		if p.step == step {
			return p.dest
		}
	}
	return ""
}
