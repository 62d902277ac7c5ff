package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mend removes names and records that cannot be read, as after a loss of power, and names of images that are not there.
// What is not called as the store calls its files is someone else's and stays.
func (s Store) mend(p *Pruned) error {
	return s.change(func() error {
		err := each(s.images("records"), func(path string, e os.DirEntry) error {
			d, err := ParseDigest("sha256:" + e.Name())
			if err != nil {
				return nil
			}
			if _, err = s.Read(d); err == nil || !broken(err) {
				return err
			}
			use, locked := lockPath(context.Background(), s.useLock(d), os.O_RDWR, unix.LOCK_EX|unix.LOCK_NB)
			if locked == errLocked {
				return err
			}
			if use != nil {
				defer use.Close()
			}
			p.pass(err, os.RemoveAll(path))
			return nil
		})
		return errors.Join(err, each(s.images("names"), func(path string, f os.DirEntry) error {
			if len(f.Name()) != nameDigits || !isHex(f.Name()) {
				return nil
			}
			e, err := s.entry(filepath.Base(path))
			switch {
			case err == nil && exists(s.Record(e.Manifest)):
				return nil
			case err == nil:
				err = errors.New(e.Name + " was the name of an image that is not there")
			case !broken(err):
				return err
			}
			p.pass(err, os.Remove(path))
			return nil
		}))
	})
}

// pass notes what was wrong with something, and what prevents its removal.
func (p *Pruned) pass(wrong, stays error) {
	if stays != nil {
		wrong = fmt.Errorf("%w; it stays: %w", wrong, stays)
	}
	p.Passed = append(p.Passed, wrong.Error())
}

// broken tells that a file was read and is not what it should be, or is not there. Want of descriptors or of permission says nothing of it.
func broken(err error) bool {
	for _, other := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EIO, fs.ErrPermission} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}
