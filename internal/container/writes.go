package container

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// writes is the directory on the disk in which a container that starts from an image writes: the upper layer of its root.
// It is locked for as long as its urun lives, and who can lock it may remove it.
type writes struct{ made *image.Making }

// openWrites makes it. With --pid host there may be processes that outlive urun: they write to memory, which is there as long as they
// are.
func (l *launch) openWrites() error {
	x := l.opt.extra()
	if l.opt.Image == nil || l.root.ReadOnly || x.Ephemeral || x.OverlayDir != "" {
		return nil
	}
	if !l.owns(specs.PIDNamespace) {
		l.notice("with --pid host, what the container writes to its root is kept in memory")
		return nil
	}
	l.root.Volatile = true
	if l.dry {
		l.root.Store = &mount.Source{Path: filepath.Join(l.opt.Store.Containers(), l.opt.ID)}
		return nil
	}
	err := l.writes.make(l.opt.Store, l.opt.ID)
	if err == nil {
		var src mount.Source
		if src, err = mount.Find(l.writes.made.Path); err == nil {
			l.root.Store = &src
			return nil
		}
	}
	l.root.Volatile = false
	if isAny(err, unix.EROFS, unix.EACCES, unix.EPERM) { // a store that others may only read, say
		return l.learn(func(h *ladder.Host) { h.Writes = cause(err) })
	}
	return err
}

// make makes and locks the directory, and before that the store where there is none.
func (w *writes) make(s image.Store, id string) error {
	made, err := s.NewContainer(id)
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.Make(); err == nil {
			made, err = s.NewContainer(id)
		}
	}
	if err == nil {
		w.made = made
	}
	return err
}

// fresh makes the layer itself, and overlay's own room beside it. What an attempt has left that came to nothing is no layer for
// the next: overlay refuses one that was in use and not waited for.
func (w writes) fresh(mode uint32) error {
	if w.made == nil {
		return nil
	}
	for name, mode := range map[string]uint32{"upper": mode, "work": 0o700} {
		dir := filepath.Join(w.made.Path, name)
		err := unix.Mkdir(dir, 0o700)
		if err == unix.EEXIST {
			if err := removeTree(dir); err != nil {
				return err
			}
			err = unix.Mkdir(dir, 0o700)
		}
		if err == nil {
			err = unix.Chmod(dir, mode)
		}
		if err != nil {
			return &os.PathError{Op: "make", Path: dir, Err: err}
		}
	}
	return nil
}

// remove removes all of it.
func (w *writes) remove() {
	if w.made == nil {
		return
	}
	_ = removeTree(w.made.Path) // what stays, the next one collects
	_ = w.made.Leave()          // a lock that goes with the process
	w.made = nil
}

// removeTree removes what a container may have made: what belongs to a subordinate id goes from inside the caller's id map.
func removeTree(path string) error {
	for _, dir := range []string{"work", "work/work", "work/work/incompat", "work/work/incompat/volatile", "work/incompat", "work/incompat/volatile"} {
		_ = os.Chmod(filepath.Join(path, dir), 0o700) // overlay's own have no permissions; some are not there
	}
	err := os.RemoveAll(path)
	if err == nil {
		return nil
	}
	for _, mode := range []userns.Mode{userns.Auto, userns.Single} {
		ids, cerr := userns.Choose(userns.Wish{Mode: mode}, callerids.For(mode))
		if cerr != nil {
			continue
		}
		if err = inside.Remove(path, ids); err == nil {
			return nil
		}
	}
	return err
}

// CollectWrites removes what containers have written that were started from an image and are gone. It tells what could not be
// removed.
func (a Access) CollectWrites() error { return failure(nil, a.collectWrites()) }

func (a Access) collectWrites() error {
	if a.Store.Dir == "" {
		return nil
	}
	entries, err := os.ReadDir(a.Store.Containers())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, collectOne(filepath.Join(a.Store.Containers(), e.Name())))
	}
	return err
}

func collectOne(dir string) error {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil // it has gone, or is nothing of urun's
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return nil // its urun lives
	}
	return removeTree(dir)
}
