package image

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Every lock is one of flock(2) on a file that was opened for it, so that it ends with the process that has it.

// errLocked is of a lock that another one has.
var errLocked = errors.New("is locked")

// patience is how long one waits for locks that are held for milliseconds. Longer, and who holds it is stopped.
const patience = 5 * time.Second

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err == unix.EWOULDBLOCK {
			return errLocked
		}
		if err != unix.EINTR {
			return os.NewSyscallError("flock "+f.Name(), err)
		}
	}
}

// await takes a lock, in a queue if need be, until ctx ends.
func await(ctx context.Context, f *os.File, how int) error {
	if err := flock(f, how|unix.LOCK_NB); err != errLocked {
		return err
	}
	got := make(chan error, 1)
	go func() { got <- flock(f, how) }()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		// The other one cannot be called back: it ends with the lock, or with the process.
		go func() {
			<-got
			f.Close()
		}()
		return context.Cause(ctx)
	}
}

// lockPath opens a file and locks it. While one waits it may have been moved or removed; what counts is the file that then
// has the path.
func lockPath(ctx context.Context, path string, flags, how int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flags|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		if how&unix.LOCK_NB != 0 {
			err = flock(f, how)
		} else {
			err = await(ctx, f, how)
		}
		if err != nil {
			if context.Cause(ctx) == nil || err == errLocked { // else await closes it
				f.Close()
			}
			return nil, err
		}
		if isAt(f, path) {
			return f, nil
		}
		f.Close()
	}
}

// isAt tells whether the open file still has the path.
func isAt(f *os.File, path string) bool {
	var open, now unix.Stat_t
	if unix.Fstat(int(f.Fd()), &open) != nil || unix.Lstat(path, &now) != nil {
		return false
	}
	return open.Dev == now.Dev && open.Ino == now.Ino
}

// Share is held by who fetches, unpacks or writes, so that nobody removes the layers and blobs that it has seen and that no
// record names yet.
func (s Store) Share(ctx context.Context) (io.Closer, error) {
	return lockPath(ctx, s.images("lock"), os.O_RDWR|os.O_CREATE, unix.LOCK_SH)
}

// alone is held by who removes layers and blobs: errLocked when somebody is at work.
func (s Store) alone() (io.Closer, error) {
	return lockPath(context.Background(), s.images("lock"), os.O_RDWR|os.O_CREATE, unix.LOCK_EX|unix.LOCK_NB)
}

// alonePatiently waits for those who are at work for a moment only, and for nobody who fetches an image.
func (s Store) alonePatiently() (io.Closer, error) {
	for end := now().Add(moment); ; pause() {
		l, err := s.alone()
		if err != errLocked || now().After(end) {
			return l, err
		}
	}
}

const moment = 500 * time.Millisecond

// change calls do while nobody else changes names or records.
func (s Store) change(do func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	path := s.images("change")
	f, err := lockPath(ctx, path, os.O_RDWR|os.O_CREATE, unix.LOCK_EX)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New(path + " has been locked for " + patience.String() + " by another urun, which may be stopped (Ctrl-Z): let it go on, or end it")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return do()
}

// Use keeps an image from being removed until what it gives is closed. A *[NotFoundError] tells that it was removed meanwhile.
func (s Store) Use(r Record) (io.Closer, error) {
	f, err := lockPath(context.Background(), s.useLock(r.Manifest), os.O_RDONLY, unix.LOCK_SH)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFoundError{Word: r.ID}
	}
	return f, err
}

func (s Store) useLock(manifest Digest) string { return s.images("records", manifest.Hex(), "lock") }

// LockTree is held by who unpacks a layer. Who waited for it looks first whether the tree is there now. The file is for what that
// one wants to tell: it has what the last one wrote.
func (s Store) LockTree(ctx context.Context, key string) (*os.File, error) {
	return lockPath(ctx, s.images("tmp", key+".lock"), os.O_RDWR|os.O_CREATE, unix.LOCK_EX)
}

// OpenPartial opens a blob on its way, locked, with what there is of it. When it is whole, rename(2) takes it to its place. Who
// waited looks first whether the blob is there now, and closes what it got; that is empty, and goes with [Store.Prune].
func (s Store) OpenPartial(ctx context.Context, d Digest) (*os.File, error) {
	f, err := lockPath(ctx, s.Partial(d), os.O_RDWR|os.O_CREATE|unix.O_NONBLOCK, unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() { // a fifo would be read for ever
		f.Close()
		return nil, &os.PathError{Op: "read", Path: f.Name(), Err: errors.Join(err, errors.New("no file of the store; urun prune removes it"))}
	}
	return f, nil
}
