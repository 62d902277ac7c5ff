package unpack

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// mostRead is how long a file may be that is read through trees.
const mostRead = 16 << 20

// level is one directory of a stack of trees: those that overlay would merge, topmost first.
type level []int

func (l level) close() {
	for _, fd := range l {
		unix.Close(fd)
	}
}

// below gives what a name is in a merged directory: the directories that are merged there, or the tree that has something else.
func (l level) below(name string) (dirs level, at int, mode uint32, err error) {
	at = -1
	for _, fd := range l {
		var st unix.Stat_t
		switch err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); {
		case err == unix.ENOENT:
			continue
		case err != nil:
			dirs.close()
			return nil, -1, 0, err
		}
		if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFDIR {
			if len(dirs) > 0 || whiteout(&st) {
				break
			}
			return nil, fd, kind, nil
		}
		d, err := unix.Openat2(fd, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath})
		if err != nil {
			dirs.close()
			return nil, -1, 0, err
		}
		dirs = append(dirs, d)
		if isOpaque(d) {
			break
		}
	}
	if len(dirs) == 0 {
		return nil, -1, 0, unix.ENOENT
	}
	return dirs, -1, unix.S_IFDIR, nil
}

func isOpaque(fd int) bool {
	b := [1]byte{}
	n, err := unix.Fgetxattr(fd, opaqueAttribute, b[:])
	return err == nil && n == 1 && b[0] == 'y'
}

// ReadMerged reads a file through a stack of trees, topmost first, as a container would whose root is their overlay. What is not
// there, or is no regular file, is os.ErrNotExist.
func ReadMerged(trees []*os.File, path string) ([]byte, error) {
	var root level
	for _, t := range trees {
		root = append(root, int(t.Fd()))
		if isOpaque(int(t.Fd())) {
			break
		}
	}
	stack := []level{root}
	pop := func(to int) {
		for len(stack) > to {
			stack[len(stack)-1].close()
			stack = stack[:len(stack)-1]
		}
	}
	defer func() { pop(1) }()
	failed := func(err error) error { return fmt.Errorf("read %s of the image: %w", quote(path), err) }
	todo, links, steps := strings.Split(path, "/"), 0, 0
	for len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if steps++; steps > 10000 || len(stack) > 64 {
			return nil, failed(unix.ELOOP)
		}
		switch part {
		case "", ".":
			continue
		case "..":
			pop(max(1, len(stack)-1))
			continue
		}
		dirs, at, kind, err := stack[len(stack)-1].below(part)
		switch {
		case err != nil:
			return nil, failed(err)
		case dirs != nil:
			stack = append(stack, dirs)
		case kind == unix.S_IFLNK:
			if links++; links > mostLinks {
				return nil, failed(unix.ELOOP)
			}
			b := [longestName + 1]byte{}
			n, err := unix.Readlinkat(at, part, b[:])
			if err != nil {
				return nil, failed(err)
			}
			target := string(b[:n])
			if strings.HasPrefix(target, "/") {
				pop(1)
			}
			todo = append(strings.Split(target, "/"), todo...)
		case kind == unix.S_IFREG && len(todo) == 0:
			data, err := contents(at, part)
			if err != nil {
				return nil, failed(err)
			}
			return data, nil
		default:
			return nil, failed(unix.ENOENT)
		}
	}
	return nil, failed(unix.ENOENT)
}

func contents(dir int, name string) ([]byte, error) {
	fd, err := unix.Openat2(dir, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC, Resolve: beneath})
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostRead+1))
	if err == nil && len(data) > mostRead {
		err = fmt.Errorf("it is longer than %d MiB", mostRead>>20)
	}
	return data, err
}
