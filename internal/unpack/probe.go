package unpack

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// noMarks tries to make overlay's marks, and says why they cannot be made; "" when they can. The kernel has whiteouts for who may make
// nothing else since 5.8, and an overlay has none of its own to give away.
func noMarks(root int) string {
	const name = ".urun-probe"
	if err := unix.Mkdirat(root, name, 0o700); err != nil {
		return fmt.Sprintf("a directory cannot be made: %v", err)
	}
	defer func() { _ = unix.Unlinkat(root, name, unix.AT_REMOVEDIR) }() // what is left of it shows
	fd, err := unix.Openat(root, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Sprintf("a directory cannot be opened: %v", err)
	}
	defer unix.Close(fd)
	if err := unix.Mknodat(fd, "whiteout", unix.S_IFCHR, 0); err != nil {
		return fmt.Sprintf("the file system has no whiteouts: %v", err)
	}
	_ = unix.Unlinkat(fd, "whiteout", 0) // the same
	if err := unix.Fsetxattr(fd, opaqueAttribute, []byte("y"), 0); err != nil {
		return fmt.Sprintf("the file system has no user attributes: %v", err)
	}
	return ""
}
