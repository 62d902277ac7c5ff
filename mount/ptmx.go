package mount

import "golang.org/x/sys/unix"

// Ptmx opens the multiplexer of the devpts at /dev/pts of a container that runs, for the
// master of a new pty. Who is root there may have mounted something else in its place, or
// over the file in it.
func (t *Tree) Ptmx() (master any) {
	devpts := t.open("the container's devpts", "dev/pts", true, inRoot)
	statfs := t.s.Data(make([]byte, 120)) // struct statfs
	t.s.Call("what is mounted there", unix.SYS_FSTATFS, devpts, statfs)
	t.s.Check("a terminal comes from a devpts only", statfs, 0, ^uint64(0), unix.DEVPTS_SUPER_MAGIC, unix.ENODEV)
	how := openHow(unix.O_RDWR|unix.O_NOCTTY, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
	return t.s.Call("a pty of it, not of what is mounted over that", unix.SYS_OPENAT2, devpts, "ptmx", how, unix.SizeofOpenHow)
}
