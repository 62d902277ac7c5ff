package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// beneath DIR FILE: reads a file below a directory in a copy of that directory's mount alone, without the mounts in it.
func beneath(args []string) error {
	if len(args) != 2 {
		return usage("DIR FILE")
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, args[0], unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	fd, err := unix.Openat(tree, args[1], unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(os.Stdout, os.NewFile(uintptr(fd), args[1]))
	return err
}

// nested VERB ARG...: does something as root of a user and a mount namespace of its own.
func nested(args []string) error {
	if len(args) == 0 {
		return usage("VERB ARG...")
	}
	return inNamespaces(unix.CLONE_NEWUSER|unix.CLONE_NEWNS, args[0], args[1:]...)
}

// remountWritable PATH: takes read-only off a mount by the call for which a kernel has no hook.
func remountWritable(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	return unix.MountSetattr(unix.AT_FDCWD, args[0], 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
}

func rename(args []string) error {
	if len(args) != 2 {
		return usage("FROM TO")
	}
	return unix.Rename(args[0], args[1])
}

func link(args []string) error {
	if len(args) != 2 {
		return usage("FROM TO")
	}
	return unix.Link(args[0], args[1])
}
