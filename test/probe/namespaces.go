package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

var namespaceNames = []string{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup"}

func namespaces([]string) error {
	for _, name := range namespaceNames {
		id, err := os.Readlink("/proc/self/ns/" + name)
		if err != nil {
			return err
		}
		fmt.Println(name, id)
	}
	return nil
}

// relations reads how the namespaces of a process hang together, as ioctl_ns(2) tells it: which user namespace owns
// each, and which one is the parent of those that have one. Optional: a PID, instead of the probe itself.
func relations(args []string) error {
	pid := "self"
	if len(args) > 0 {
		pid = args[0]
	}
	for _, name := range namespaceNames {
		fd, err := unix.Open("/proc/"+pid+"/ns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		line := name + " " + inode(fd) + " owner " + related(fd, unix.NS_GET_USERNS)
		if name == "user" || name == "pid" {
			line += " parent " + related(fd, unix.NS_GET_PARENT)
		}
		fmt.Println(line)
		unix.Close(fd)
	}
	return nil
}

func related(fd int, request uint) string {
	other, err := unix.IoctlRetInt(fd, request)
	if err != nil {
		return errnoName(err)
	}
	defer unix.Close(other)
	return inode(other)
}

func inode(fd int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return errnoName(err)
	}
	return fmt.Sprint(st.Ino)
}
