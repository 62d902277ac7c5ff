package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// InUseError tells that somebody uses an image that was to be removed.
type InUseError struct{ Image string }

func (e *InUseError) Error() string {
	return "the image " + e.Image + " is in use by a container: urun ps lists those that run"
}

// Removed is what became of an image, or of a name.
type Removed struct {
	Names []string // which it has no more
	ID    string   // of the image, if that went; empty: it has other names
	Bytes int64    // on the disk
	Left  bool     // its layers and blobs are still there, because somebody is fetching or writing images; [Store.Prune] takes them
}

// RemoveNamed does what urun rmi does: a name that is one of several is taken away; else the image goes. By its
// id an image with several names goes only by force. remove is as for [Store.Remove].
func (s Store) RemoveNamed(word string, force bool, remove func(paths []string) error) (Removed, error) {
	e, r, named, err := s.find(word)
	if err != nil {
		return Removed{}, err
	}
	names, err := s.namesOf(r.Manifest)
	switch {
	case err != nil:
		return Removed{}, err
	case len(names) > 1 && named && slices.Contains(names, e.Name):
		return Removed{Names: []string{e.Name}}, s.Untag(e.Name)
	case len(names) > 1 && !force:
		return Removed{}, fmt.Errorf("the image %s has the names %s: remove them, or it with --force", r.ID[:12], strings.Join(names, ", "))
	}
	return s.Remove(r, remove)
}

func (s Store) namesOf(manifest Digest) (names []string, err error) {
	entries, _, err := s.entries()
	for _, e := range entries {
		if e.Manifest == manifest {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names, err
}

// Remove removes an image with all its names, and the layers and blobs that no other one has. It is a *[InUseError] when a
// container uses it. remove deletes trees, in which files may belong to subordinate ids.
func (s Store) Remove(r Record, remove func(paths []string) error) (Removed, error) {
	done, err := s.forget(r, false)
	if err != nil {
		return done, err
	}
	alone, err := s.alonePatiently()
	if err == errLocked {
		done.Left = true
		return done, nil
	}
	if err != nil {
		return done, err
	}
	w, err := s.sweep(false)
	alone.Close()
	done.Bytes += w.bytes
	for _, tree := range w.trees {
		done.Bytes += usage(tree)
	}
	return done, errors.Join(err, removeAll(w.trees, remove))
}

func removeAll(paths []string, remove func([]string) error) error {
	if len(paths) == 0 {
		return nil
	}
	return remove(paths)
}

// errNamed is of an image that has names, where only one without was meant.
var errNamed = errors.New("has a name")

// forget removes the names and the record of an image; of one that has names only if it may. What is half done leaves an
// image with fewer names.
func (s Store) forget(r Record, nameless bool) (done Removed, err error) {
	m, err := s.NewTmp()
	if err != nil {
		return done, err
	}
	err = s.change(func() error {
		use, err := lockPath(context.Background(), s.useLock(r.Manifest), os.O_RDWR, unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == errLocked:
			return &InUseError{r.called(s)}
		case errors.Is(err, fs.ErrNotExist) && !exists(s.Record(r.Manifest)):
			return &NotFoundError{Word: r.ID}
		case err == nil:
			defer use.Close()
		case !errors.Is(err, fs.ErrNotExist): // a record without a lock is in nobody's use
			return err
		}
		names, err := s.namesOf(r.Manifest)
		if err != nil {
			return err
		}
		if nameless && len(names) > 0 {
			return errNamed
		}
		for _, name := range names {
			if err := os.Remove(s.name(name)); err != nil {
				return err
			}
			done.Names = append(done.Names, name)
		}
		if err := os.Rename(s.Record(r.Manifest), filepath.Join(m.Path, "record")); err != nil {
			return err
		}
		done.ID = r.ID
		return nil
	})
	return done, errors.Join(err, m.Close())
}

// called is how messages call it: by a name, or its id.
func (r Record) called(s Store) string {
	if names, err := s.namesOf(r.Manifest); err == nil && len(names) > 0 {
		return names[0]
	}
	return r.ID[:min(12, len(r.ID))]
}
