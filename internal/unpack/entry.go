package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// unpacker makes the entries of one layer.
type unpacker struct {
	*tree
	ids
	buffer []byte
	sparse int64 // bytes that sparse files are long
	later  []stamp
	left   int // what Report.Skipped has no room for
}

// prepare has the tree be what it is when the layer does not name it.
func (u *unpacker) prepare() error {
	o, err := u.owner(".", &tar.Header{Mode: 0o755})
	if err != nil {
		return err
	}
	u.zero = o
	if u.flat {
		var st unix.Stat_t
		u.root.setgid = unix.Fstat(u.root.fd, &st) == nil && st.Mode&unix.S_ISGID != 0
		return nil
	}
	// The directory that this one was made in may have handed on its group, or an access list.
	_ = unix.Fremovexattr(u.root.fd, "system.posix_acl_default") // there is none, or there are none
	if err := unix.Fchown(u.root.fd, o.uid, o.gid); err != nil {
		return fmt.Errorf("give the tree to root: %w", err)
	}
	if err := unix.Fchmod(u.root.fd, 0o755); err != nil {
		return fmt.Errorf("give the tree its mode: %w", err)
	}
	u.implied.add(".")
	return nil
}

func (u *unpacker) entry(h *tar.Header, r io.Reader) error {
	name, err := clean(h.Name)
	if err != nil {
		return fmt.Errorf("unpack %s: refused: %w", quote(h.Name), err)
	}
	if err := u.count(name); err != nil {
		return err
	}
	if m, is, err := markOf(name); err != nil {
		return fmt.Errorf("unpack %s: refused: %w", quote(name), err)
	} else if is {
		return u.mark(m)
	}
	if name == "." {
		if h.Typeflag != tar.TypeDir {
			return errors.New("unpack the root directory: refused: the entry for it is no directory")
		}
		return u.rootDirectory(h)
	}
	switch h.Typeflag {
	case tar.TypeChar, tar.TypeBlock:
		u.skipped(name, fmt.Sprintf("the device %d:%d cannot be made without root", h.Devmajor, h.Devminor))
		return nil
	case tar.TypeLink: // it has the attributes of what it is linked to
		return u.link(name, h.Linkname)
	}
	o, err := u.owner(name, h)
	if err != nil {
		return err
	}
	if h.Uid != 0 || h.Gid != 0 {
		u.report.Owners = true
	}
	above, base := split(name)
	d, err := u.directory(above, true)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", quote(name), err)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.makeDirectory(d, base, o, h)
	case tar.TypeReg, tar.TypeRegA, tar.TypeCont, tar.TypeGNUSparse:
		return u.makeFile(d, base, o, h, r)
	case tar.TypeSymlink:
		err = u.replacing(d, base, func() error { return unix.Symlinkat(h.Linkname, d.fd, base) })
		if err == nil && u.flat {
			u.links[join(d.path, base)] = true
			err = u.remember(name)
		}
	case tar.TypeFifo:
		err = u.replacing(d, base, func() error { return unix.Mknodat(d.fd, base, unix.S_IFIFO|uint32(h.Mode&0o777), 0) })
	default:
		return fmt.Errorf("unpack %s: refused: its type %q is none that a layer can have", quote(name), h.Typeflag)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", quote(name), err)
	}
	if err := u.chown(d, base, name, o, true, h); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeFifo && h.Mode&0o7000 != 0 {
		if err := unix.Fchmodat(d.fd, base, uint32(h.Mode&0o7777), 0); err != nil {
			return fmt.Errorf("give %s its mode: %w", quote(name), err)
		}
	}
	if err := u.attributes(-1, name, o, h); err != nil {
		return err
	}
	return u.times(d, base, name, h.ModTime)
}

// replacing makes something, in the place of what may be there.
func (u *unpacker) replacing(d *dir, base string, create func() error) error {
	err := create()
	if err != unix.EEXIST {
		return err
	}
	if err := u.clear(d, base); err != nil {
		return err
	}
	return create()
}

// link makes a hard link to what the layer has made.
func (u *unpacker) link(name, target string) error {
	failed := func(err error) error {
		return fmt.Errorf("unpack %s: make a hard link to %s: %w", quote(name), quote(target), err)
	}
	to, err := clean(target)
	if err != nil {
		return failed(err)
	}
	if _, is, err := markOf(to); is || err != nil || to == "." {
		return failed(errors.New("refused: it is no file"))
	}
	above, old := split(to)
	d, err := u.directory(above, false)
	if err != nil {
		return failed(missing(err))
	}
	from, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0) // the next call may close it
	if err != nil {
		return failed(err)
	}
	defer unix.Close(from)
	var was, is unix.Stat_t
	if err := unix.Fstatat(from, old, &was, unix.AT_SYMLINK_NOFOLLOW); err != nil || whiteout(&was) {
		return failed(missing(err))
	}
	if was.Mode&unix.S_IFMT == unix.S_IFDIR {
		return failed(errors.New("it is a directory"))
	}
	above, base := split(name)
	if d, err = u.directory(above, true); err != nil {
		return failed(err)
	}
	if unix.Fstatat(d.fd, base, &is, unix.AT_SYMLINK_NOFOLLOW) == nil && is.Dev == was.Dev && is.Ino == was.Ino {
		return nil // to itself
	}
	if err := u.replacing(d, base, func() error { return unix.Linkat(from, old, d.fd, base, 0) }); err != nil {
		return failed(missing(err))
	}
	if was.Mode&unix.S_IFMT == unix.S_IFLNK && u.flat {
		u.links[join(d.path, base)] = true
	}
	return nil
}

// missing says what a hard link cannot be to.
func missing(err error) error {
	if err == nil || errors.Is(err, unix.ENOENT) {
		return errors.New("the layer has no such file before it")
	}
	return err
}

// times gives something other than a directory the time at which it was changed.
func (u *unpacker) times(d *dir, base, name string, at time.Time) error {
	if err := unix.UtimesNanoAt(d.fd, base, timespecs(at), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("give %s its time: %w", quote(name), err)
	}
	return nil
}

// timespecs are those of access and change. What a file system cannot have, the kernel makes what it can.
func timespecs(at time.Time) []unix.Timespec {
	s := max(math.MinInt32, min(at.Unix(), 1<<34))
	ts := unix.Timespec{Sec: s, Nsec: int64(at.Nanosecond())}
	return []unix.Timespec{ts, ts}
}

// skipped notes what of the layer is not in the tree.
func (u *unpacker) skipped(name, why string) {
	const most = 100
	if len(u.report.Skipped) == most {
		u.left++
		return
	}
	u.report.Skipped = append(u.report.Skipped, quote(name)+": "+why)
}

// isSparse tells a file with holes: the records are those of GNU tar's three ways to write one with PAX headers.
func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}
