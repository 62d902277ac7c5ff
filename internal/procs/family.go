package procs

import "golang.org/x/sys/unix"

// family tells of pid namespaces, by their inode, whether they are the one that is
// asked for or below it.
type family map[uint64]bool

// has tells whether a process is in one of them. One that cannot be looked at is not.
func (f family) has(dir int) bool {
	var st unix.Stat_t
	if unix.Fstatat(dir, "ns/pid", &st, 0) != nil {
		return false
	}
	in, known := f[st.Ino]
	if !known {
		in = f.below(dir)
		f[st.Ino] = in
	}
	return in
}

// below goes up from the namespace of a process. The kernel lets nobody go further
// than to the caller's own, and has no more than 32 levels: pid_namespaces(7).
func (f family) below(dir int) bool {
	fd, err := unix.Openat(dir, "ns/pid", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for err == nil {
		var st unix.Stat_t
		err = unix.Fstat(fd, &st)
		if err == nil && f[st.Ino] {
			unix.Close(fd)
			return true
		}
		child := fd
		if err == nil {
			fd, err = unix.IoctlRetInt(child, unix.NS_GET_PARENT)
		}
		unix.Close(child)
	}
	return false
}
