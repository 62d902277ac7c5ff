package unpack

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/removal"
)

// beneath is how every component is opened: one name under the handle of its directory.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// mostLinks is how many symbolic links may be in a path, as in the kernel.
const mostLinks = 40

// mostOpen is how many directories are held open. Archives have what is in one directory together.
const mostOpen = 128

// dir is an open directory of the tree.
type dir struct {
	fd     int
	path   string // without links: the same directory has the same one
	setgid bool   // what is made in it gets its group
	cached bool
}

// tree is where entries are made.
type tree struct {
	root    *dir
	open    map[string]*dir // by their names in the archive, which may have links in them
	loose   *dir            // the last that open had no room for
	flat    bool
	zero    owner // that of directories nobody names
	links   map[string]bool
	implied ledger
	entries int
	names   int // bytes of the names that are remembered
	report  *Report
}

func openTree(path string) (*dir, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the tree: %w", err)
	}
	return &dir{fd: fd, path: ".", cached: true}, nil
}

func (t *tree) close() {
	t.forget(nil)
	unix.Close(t.root.fd)
}

// forget closes what is held open, because a name may no longer lead there, but for one.
func (t *tree) forget(but *dir) {
	for name, d := range t.open {
		if d != but {
			unix.Close(d.fd)
		}
		delete(t.open, name)
	}
	if t.loose != nil && t.loose != but {
		unix.Close(t.loose.fd)
	}
	t.loose = nil
	if but != nil && but != t.root {
		but.cached, t.loose = false, but
	}
}

// directory opens the directory of that name, which is there until the next call. With create, what is missing is made. Links that
// the layer itself has made are followed, as inside the container: an absolute one from the tree, and ".." ends there.
func (t *tree) directory(name string, create bool) (*dir, error) {
	if len(t.open) >= mostOpen {
		t.forget(nil)
	}
	links := 0
	d, err := t.walk(name, create, &links)
	if t.loose != nil && t.loose != d {
		unix.Close(t.loose.fd)
		t.loose = nil
	}
	if err == nil && !d.cached {
		t.loose = d
	}
	return d, err
}

// release closes a directory that led to another one.
func (t *tree) release(d *dir) {
	if !d.cached && d != t.loose {
		unix.Close(d.fd)
	}
}

func (t *tree) walk(name string, create bool, links *int) (*dir, error) {
	if name == "." {
		return t.root, nil
	}
	if d := t.open[name]; d != nil {
		return d, nil
	}
	above, base := split(name)
	p, err := t.walk(above, create, links)
	if err != nil {
		return nil, err
	}
	defer t.release(p)
	d, err := t.step(p, base, create, links)
	if err == nil && len(t.open) < mostOpen && !d.cached && d != t.loose {
		d.cached, t.open[name] = true, d
	}
	return d, err
}

var errNotDirectory = errors.New("it is no directory")

// step opens a directory in another one.
func (t *tree) step(p *dir, base string, create bool, links *int) (*dir, error) {
	for range 3 { // what is missing or in the way is made or replaced once
		fd, err := unix.Openat2(p.fd, base, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath})
		switch err {
		case nil:
			d := &dir{fd: fd, path: join(p.path, base)}
			if t.flat {
				var st unix.Stat_t
				d.setgid = unix.Fstat(fd, &st) == nil && st.Mode&unix.S_ISGID != 0
			}
			return d, nil
		case unix.ENOENT:
			if !create {
				return nil, err
			}
			if err := t.imply(p, base); err != nil {
				return nil, err
			}
		case unix.ENOTDIR, unix.ELOOP:
			d, err := t.instead(p, base, create, links)
			if d != nil || err != nil {
				return d, err
			}
		default:
			return nil, fmt.Errorf("open %s: %w", quote(join(p.path, base)), err)
		}
	}
	return nil, fmt.Errorf("open %s: %w", quote(join(p.path, base)), errNotDirectory)
}

// instead deals with what is not a directory and should be one: a directory, or neither that nor an error when there is nothing now.
func (t *tree) instead(p *dir, base string, create bool, links *int) (*dir, error) {
	var st unix.Stat_t
	path := join(p.path, base)
	if err := unix.Fstatat(p.fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, fmt.Errorf("look at %s: %w", quote(path), err)
	}
	link := st.Mode&unix.S_IFMT == unix.S_IFLNK
	switch {
	case link && (!t.flat || t.links[path]):
		return t.follow(p, base, create, links)
	case whiteout(&st):
		if !create {
			return nil, unix.ENOENT
		}
		if err := unix.Unlinkat(p.fd, base, 0); err != nil {
			return nil, fmt.Errorf("replace the whiteout of %s: %w", quote(path), err)
		}
		if err := t.imply(p, base); err != nil {
			return nil, err
		}
		t.implied.drop(path) // it has nothing in common with one below
		return nil, t.opaque(p, base)
	case t.flat && create: // of a layer below, which the directory hides
		return nil, t.clear(p, base)
	}
	return nil, fmt.Errorf("open %s: %w", quote(path), errNotDirectory)
}

func (t *tree) follow(p *dir, base string, create bool, links *int) (*dir, error) {
	path := join(p.path, base)
	if *links++; *links > mostLinks {
		return nil, fmt.Errorf("open %s: %w", quote(path), unix.ELOOP)
	}
	b := [longestName + 1]byte{}
	n, err := unix.Readlinkat(p.fd, base, b[:])
	if err != nil {
		return nil, fmt.Errorf("read the link %s: %w", quote(path), err)
	}
	target, at := string(b[:n]), p.path
	if strings.HasPrefix(target, "/") {
		at = "."
	}
	for part := range strings.SplitSeq(target, "/") {
		switch part {
		case "", ".":
			continue
		case "..":
			if at != "." {
				at, _ = split(at)
			}
			continue
		}
		if at = join(at, part); len(at) > longestName {
			return nil, fmt.Errorf("open %s: %w", quote(path), unix.ENAMETOOLONG)
		}
		d, err := t.walk(at, create, links)
		if err != nil {
			return nil, err
		}
		at = d.path
		t.release(d)
	}
	return t.walk(at, create, links)
}

// imply makes a directory that the layer has not named so far.
func (t *tree) imply(p *dir, base string) error {
	path := join(p.path, base)
	if err := t.count(path); err != nil {
		return err
	}
	if err := unix.Mkdirat(p.fd, base, 0o755); err != nil {
		return fmt.Errorf("make the directory %s: %w", quote(path), err)
	}
	t.implied.add(path)
	if t.zero.uid == 0 && t.zero.gid == 0 && !p.setgid {
		return nil
	}
	if err := unix.Fchownat(p.fd, base, t.zero.uid, t.zero.gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("give the directory %s to root: %w", quote(path), err)
	}
	return unix.Fchmodat(p.fd, base, 0o755, 0)
}

// clear removes what an entry replaces.
func (t *tree) clear(p *dir, base string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(p.fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("look at %s: %w", quote(join(p.path, base)), err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR, unix.S_IFLNK: // names lead elsewhere now
		t.forget(p)
		delete(t.links, join(p.path, base))
	}
	return removal.Entry(p.fd, base, join(p.path, base))
}
