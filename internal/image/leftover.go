package image

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// leftOver is what killed processes have left. It is locked until it is removed.
type leftOver struct {
	trees []string
	locks []*os.File
}

func (l *leftOver) close() {
	for _, f := range l.locks {
		f.Close()
	}
}

// leftOver finds what killed processes have left in tmp/ and containers/, and removes what they have left in partial/.
func (s Store) leftOver(p *Pruned) (left leftOver, err error) {
	err = each(s.Tmp(), func(path string, e os.DirEntry) error {
		if e.IsDir() {
			return left.take(path, &p.Tmp)
		}
		return unlinkUnlocked(path, new(int), &p.Bytes) // a lock of who unpacked a layer
	})
	return left, errors.Join(err,
		each(s.images("partial"), func(path string, e os.DirEntry) error { return unlinkUnlocked(path, &p.Partial, &p.Bytes) }),
		each(s.Containers(), func(path string, e os.DirEntry) error {
			if !e.IsDir() {
				return nil
			}
			return left.take(path, &p.Containers)
		}))
}

// each calls do for what is in a directory. What has gone by then is no error.
func each(dir string, do func(path string, e os.DirEntry) error) (err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if failed := do(filepath.Join(dir, e.Name()), e); failed != nil && !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// take keeps a directory that nobody has locked for removal.
func (l *leftOver) take(path string, n *int) error {
	f, err := lockPath(context.Background(), path, os.O_RDONLY|unix.O_DIRECTORY, unix.LOCK_EX|unix.LOCK_NB)
	if err == errLocked {
		return nil
	}
	if err != nil {
		return err
	}
	l.trees, l.locks = append(l.trees, path), append(l.locks, f)
	*n++
	return nil
}

// unlinkUnlocked removes a file that nobody has locked.
func unlinkUnlocked(path string, n *int, bytes *int64) error {
	f, err := lockPath(context.Background(), path, os.O_RDONLY|unix.O_NONBLOCK, unix.LOCK_EX|unix.LOCK_NB)
	if err == errLocked {
		return nil
	}
	if err == nil {
		defer f.Close()
	} else if !errors.Is(err, unix.ELOOP) { // a link
		return err
	}
	size := usage(path)
	if err := os.Remove(path); err != nil {
		return err
	}
	*n++
	*bytes += size
	return nil
}
