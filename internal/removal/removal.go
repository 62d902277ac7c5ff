// Package removal removes files and directories whose contents someone else chose, without following or entering what
// leads out of them.
//
// It needs power over what it removes: internal/inside has that of all ids of the caller's.
//
// What must not be put here: who may remove what, and when.
package removal

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// deepest is at how many levels below the first directory one is moved up instead of
// being opened: a descriptor is open for each, and there may be only 1,024.
const deepest = 256

// tries is how often something is looked at again that others change meanwhile.
const tries = 5

// Path removes path and, if it is a directory, all that is in it. It follows no
// symbolic link in or at path and enters nothing that is mounted there: each directory is
// opened under the handle of its parent, openat2(2), and each entry is removed under that
// of its directory. What cannot be removed stays, the rest goes, and the error tells of
// the first. A path that does not exist is no error.
func Path(path string) error {
	dir, name := filepath.Split(path)
	if !filepath.IsAbs(path) || name == "" || name == "." || name == ".." {
		return fmt.Errorf("remove %s: it must be an absolute path that ends in a name", strconv.Quote(path))
	}
	// The caller's own word, so links above are followed; those of /proc are none of a path.
	parent, err := unix.Openat2(unix.AT_FDCWD, dir, &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return fmt.Errorf("open %s: %w", strconv.Quote(dir), err)
	}
	defer unix.Close(parent)
	return Entry(parent, name, path)
}

// Entry is Path of a name in an open directory; path is what errors call it.
func Entry(parent int, name, path string) error {
	var r removal
	r.entry(parent, name, path, 0)
	return r.first
}

// removal is one on its way.
type removal struct {
	top    int // the first directory
	moved  int // how many were moved up to it
	stayed int // what could not be removed
	first  error
}

func (r *removal) failed(path string, err error) {
	if r.stayed++; r.first != nil {
		return
	}
	if err == unix.EXDEV || err == unix.EBUSY {
		err = fmt.Errorf("%w: something is mounted there; unmount it first", err)
	}
	r.first = fmt.Errorf("remove %s: %w", strconv.Quote(path), err)
}

// entry removes a directory entry, or moves it up, and reports whether it did.
func (r *removal) entry(parent int, name, path string, depth int) bool {
	var err error
	for range tries {
		switch err = unlink(parent, name); {
		case err == nil:
			return true
		case err == unix.ENOENT:
			return false // someone else did
		case err != unix.ENOTEMPTY:
			r.failed(path, err)
			return false
		case depth == deepest:
			return r.lift(parent, name, path)
		}
		before := r.stayed
		switch err = r.directory(parent, name, path, depth); err {
		case nil, unix.ENOTDIR, unix.ELOOP, unix.ENOENT, unix.EAGAIN: // it may be something else by now
		default:
			r.failed(path, err)
		}
		if r.stayed > before {
			return false
		}
	}
	r.failed(path, err)
	return false
}

// unlink removes what is no directory, or an empty one. ENOTEMPTY is that of another.
func unlink(parent int, name string) error {
	err := unix.Unlinkat(parent, name, 0)
	if err == unix.EISDIR {
		err = unix.Unlinkat(parent, name, unix.AT_REMOVEDIR)
	}
	if err == unix.EEXIST || err == unix.ENOTDIR { // by another file system, or exchanged in between
		err = unix.ENOTEMPTY
	}
	return err
}

// directory empties a directory. An error is one of opening it.
func (r *removal) directory(parent int, name, path string, depth int) error {
	const resolve = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS
	fd, err := unix.Openat2(parent, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: resolve})
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if depth == 0 {
		r.top = fd
	}
	for again := true; again; { // a directory read while entries go may leave some out
		again = false
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		for {
			names, err := f.Readdirnames(1024)
			for _, n := range names {
				again = r.entry(fd, n, path+"/"+n, depth+1) || again
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// lift moves a directory up to the first one, where its turn comes later.
func (r *removal) lift(parent int, name, path string) bool {
	for range 1000 {
		r.moved++
		err := unix.Renameat2(parent, name, r.top, ".urun-removed-"+strconv.Itoa(r.moved), unix.RENAME_NOREPLACE)
		if err == nil {
			return true
		}
		if err != unix.EEXIST {
			r.failed(path, err)
			return false
		}
	}
	r.failed(path, unix.EEXIST)
	return false
}
