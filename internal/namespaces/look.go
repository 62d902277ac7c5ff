package namespaces

import "golang.org/x/sys/unix"

// look asks a namespace all that it answers.
func look(dir int, link string) (n Namespace, err error) {
	fd, err := unix.Openat(dir, "ns/"+link, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return n, err
	}
	defer unix.Close(fd)
	if n.Inode, err = inode(fd); err != nil {
		return n, err
	}
	if n.Owner, err = relative(fd, unix.NS_GET_USERNS); err != nil {
		return n, err
	}
	if link == "user" {
		uid, err := unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID)
		if err != nil {
			return n, err
		}
		n.OwnerUID = &uid
	}
	if link == "user" || link == "pid" {
		n.Parent, err = relative(fd, unix.NS_GET_PARENT)
	}
	return n, err
}

// relative is the inode of the namespace that a question leads to.
func relative(fd int, question uint) (uint64, error) {
	to, err := unix.IoctlRetInt(fd, question)
	if err == unix.EPERM {
		return 0, nil // there is none, or it is none of the caller's business: ioctl_ns(2)
	}
	if err != nil {
		return 0, err
	}
	defer unix.Close(to)
	return inode(to)
}

func inode(fd int) (uint64, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return st.Ino, err
}
