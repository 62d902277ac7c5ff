package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func read(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(os.Stdout, f)
	return err
}

// write makes or overwrites a file with a text.
func write(args []string) error {
	if len(args) == 0 {
		return usage("PATH [TEXT]")
	}
	return os.WriteFile(args[0], []byte(strings.Join(args[1:], " ")+"\n"), 0o644)
}

// open opens a path with flags by name, and closes it.
func open(args []string) error {
	names := map[string]int{
		"rdonly": unix.O_RDONLY, "wronly": unix.O_WRONLY, "rdwr": unix.O_RDWR, "creat": unix.O_CREAT, "excl": unix.O_EXCL,
		"trunc": unix.O_TRUNC, "path": unix.O_PATH, "nofollow": unix.O_NOFOLLOW, "directory": unix.O_DIRECTORY,
		"nonblock": unix.O_NONBLOCK,
	}
	if len(args) != 2 {
		return usage("PATH rdonly,nofollow,...")
	}
	flags := unix.O_CLOEXEC
	for name := range strings.SplitSeq(args[1], ",") {
		flag, ok := names[name]
		if !ok {
			return usage("PATH FLAGS: no flag " + name)
		}
		flags |= flag
	}
	fd, err := unix.Open(args[0], flags, 0o644)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func mkdir(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	return unix.Mkdir(args[0], 0o755)
}

func unlink(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	return os.Remove(args[0])
}

func chown(args []string) error {
	if len(args) != 3 {
		return usage("PATH UID GID")
	}
	uid, err := number(args[1])
	if err != nil {
		return err
	}
	gid, err := number(args[2])
	if err != nil {
		return err
	}
	return unix.Lchown(args[0], uid, gid)
}

// mknod tries to make the node of the disk, 8:0: whoever may do that has left the container.
func mknod(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	return unix.Mknod(args[0], unix.S_IFBLK|0o600, int(unix.Mkdev(8, 0)))
}

func mount(args []string) error {
	names := map[string]uintptr{
		"bind": unix.MS_BIND, "rec": unix.MS_REC, "remount": unix.MS_REMOUNT, "ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID,
		"nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC, "shared": unix.MS_SHARED, "private": unix.MS_PRIVATE,
	}
	if len(args) < 3 {
		return usage("TYPE SOURCE TARGET [bind,remount,...]")
	}
	var flags uintptr
	if len(args) > 3 {
		for name := range strings.SplitSeq(args[3], ",") {
			flag, ok := names[name]
			if !ok {
				return usage("TYPE SOURCE TARGET FLAGS: no flag " + name)
			}
			flags |= flag
		}
	}
	return unix.Mount(args[1], args[2], args[0], flags, "")
}

func umount(args []string) error {
	if len(args) != 1 {
		return usage("PATH")
	}
	return unix.Unmount(args[0], unix.MNT_DETACH)
}

// chrootEscape is the classic: a process that keeps its working directory outside a new, deeper root climbs to
// whatever lies above the old one. It prints what it then finds in "/".
func chrootEscape([]string) error {
	deeper, err := os.MkdirTemp("/tmp", "chroot")
	if err != nil {
		return err
	}
	defer os.Remove(deeper)
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Chroot(deeper); err != nil {
		return err
	}
	for range 64 {
		if err := unix.Chdir(".."); err != nil {
			return err
		}
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	return nil
}
