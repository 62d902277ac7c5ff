package logfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// path is the file that is written, with number 0, or an older one.
func path(dir string, number int) string {
	name := filepath.Join(dir, "ctr.log")
	if number == 0 {
		return name
	}
	return name + "." + strconv.Itoa(number)
}

// numbers are those of the older files, the oldest, and lowest, first.
func numbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	var list []int
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), "ctr.log."))
		if err == nil && n > 0 && path(dir, n) == filepath.Join(dir, e.Name()) { // not .01
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, err
}

// openAll opens the files for reading, the oldest first. Those that a Writer removes
// meanwhile are not among them.
func openAll(dir string) ([]*os.File, error) {
	for {
		current, err := open(dir, 0)
		if err != nil {
			return nil, err
		}
		list, err := numbers(dir)
		if err == nil && !isCurrent(dir, current) {
			closeAll(current)
			continue // the list may have it, and newer ones
		}
		// The newest first. As the oldest is removed first, none is missing between two.
		files := current
		for _, n := range slices.Backward(list) {
			f, failed := open(dir, n)
			files = append(files, f...)
			err = errors.Join(err, failed)
		}
		if err != nil {
			closeAll(files)
			return nil, err
		}
		slices.Reverse(files)
		return files, nil
	}
}

// open opens a file if it is there.
func open(dir string, number int) ([]*os.File, error) {
	f, err := os.OpenFile(path(dir, number), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() { // to read a fifo takes for ever
		f.Close()
		return nil, errors.Join(err, &os.PathError{Op: "read", Path: path(dir, number), Err: fs.ErrInvalid})
	}
	return []*os.File{f}, nil
}

// isCurrent tells whether a file, or none, is the one that is written.
func isCurrent(dir string, f []*os.File) bool {
	current, err := os.Lstat(path(dir, 0))
	if err != nil || len(f) == 0 {
		return err != nil && len(f) == 0
	}
	st, err := f[0].Stat()
	return err == nil && os.SameFile(st, current)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// same tells whether two are one file under two names. That both are open keeps the
// kernel from using an inode's number again.
func same(a, b *os.File) bool {
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}

// Remove removes the files, by name, and then the directory, which must have nothing
// else in it. That it is gone already is no error.
func Remove(dir string) error {
	list, err := numbers(dir)
	for _, n := range append(list, 0) {
		if gone := os.Remove(path(dir, n)); err == nil && !errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
	}
	if err == nil {
		err = os.Remove(dir)
	}
	if errors.Is(err, fs.ErrNotExist) { // the directory
		return nil
	}
	return err
}
