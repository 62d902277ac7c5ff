package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// descriptors lists /proc/self/fd by hand: package os may open descriptors of its own, which would be listed too.
func descriptors([]string) error {
	dir, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var names []string
	for b := make([]byte, 8192); ; {
		n, err := unix.ReadDirent(dir, b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		_, _, names = unix.ParseDirent(b[:n], -1, names)
	}
	for _, name := range names {
		if name == fmt.Sprint(dir) {
			continue
		}
		target, err := os.Readlink("/proc/self/fd/" + name)
		if err != nil {
			return err
		}
		fmt.Println(name, target)
	}
	return nil
}

// mounts prints target, type, mount options, super block options and propagation of each mount, as mountinfo has them.
func mounts([]string) error {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		dash := slices.Index(f, "-")
		fmt.Println(f[4], f[dash+1], f[5], f[dash+3], strings.Join(f[6:dash], ","))
	}
	return nil
}

// devices is the exact tree of /dev.
func devices([]string) error {
	return filepath.WalkDir("/dev", func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		line, err := describe(path, unix.AT_SYMLINK_NOFOLLOW)
		if err == nil {
			fmt.Println(line)
		}
		return err
	})
}

func stat(args []string) error  { return describeAll(args, 0) }
func lstat(args []string) error { return describeAll(args, unix.AT_SYMLINK_NOFOLLOW) }

func describeAll(paths []string, flags int) error {
	for _, path := range paths {
		line, err := describe(path, flags)
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
	return nil
}

// describe is path, type, mode, owner, and what only some types have: size, device number or target.
func describe(path string, flags int) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(unix.AT_FDCWD, path, &st, flags); err != nil {
		return "", err
	}
	types := map[uint32]string{
		unix.S_IFDIR: "dir", unix.S_IFREG: "file", unix.S_IFLNK: "link", unix.S_IFIFO: "fifo",
		unix.S_IFCHR: "char", unix.S_IFBLK: "block", unix.S_IFSOCK: "socket",
	}
	line := fmt.Sprintf("%s %s %04o %d:%d", path, types[st.Mode&unix.S_IFMT], st.Mode&07777, st.Uid, st.Gid)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		line += fmt.Sprintf(" size %d", st.Size)
	case unix.S_IFCHR, unix.S_IFBLK:
		line += fmt.Sprintf(" %d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		line += " -> " + target
	}
	return line, nil
}

func readlink(paths []string) error {
	for _, path := range paths {
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		fmt.Println(target)
	}
	return nil
}

func list(paths []string) error {
	for _, path := range paths {
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range entries {
			fmt.Println(e.Name())
		}
	}
	return nil
}
