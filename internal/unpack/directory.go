package unpack

import (
	"archive/tar"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// stamp is what a directory gets when nothing is made in it any more.
type stamp struct {
	path string
	at   time.Time
	mode uint32 // 0: it has its mode
}

// makeDirectory makes a directory or, where there is one, gives that its attributes.
func (u *unpacker) makeDirectory(d *dir, base string, o owner, h *tar.Header) error {
	path := join(d.path, base)
	// Whoever unpacks has to get in, and a group that is handed on would have to be taken away from what is made in it.
	mode := uint32(h.Mode) & 0o7777
	now := mode&^unix.S_ISGID&^unix.S_ISUID | 0o700
	create := func() error { return unix.Mkdirat(d.fd, base, now) }
	err := create()
	fresh := err == nil
	if err == unix.EEXIST {
		fresh, err = u.over(d, base, now, create)
	}
	if err != nil {
		return fmt.Errorf("make the directory %s: %w", quote(path), err)
	}
	u.implied.drop(path)
	if err := u.chown(d, base, path, o, fresh, h); err != nil {
		return err
	}
	if fresh && d.setgid { // mkdir(2) has handed that on, too
		if err := unix.Fchmodat(d.fd, base, now, 0); err != nil {
			return fmt.Errorf("give %s its mode: %w", quote(path), err)
		}
	}
	if o.record != "" || len(h.PAXRecords) > 0 {
		fd, err := unix.Openat2(d.fd, base, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath})
		if err != nil {
			return fmt.Errorf("open %s: %w", quote(path), err)
		}
		err = u.attributes(fd, path, o, h)
		unix.Close(fd)
		if err != nil {
			return err
		}
	}
	return u.stampLater(path, h.ModTime, mode, now)
}

// over is for a name that exists: the directory keeps what is in it, anything else is replaced, and a whiteout leaves its mark.
func (u *unpacker) over(d *dir, base string, mode uint32, create func() error) (fresh bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return false, err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return false, unix.Fchmodat(d.fd, base, mode, 0)
	}
	if err := u.clear(d, base); err != nil {
		return false, err
	}
	if err := create(); err != nil {
		return false, err
	}
	if whiteout(&st) {
		return true, u.opaque(d, base)
	}
	return true, nil
}

func (u *unpacker) rootDirectory(h *tar.Header) error {
	o, err := u.owner(".", h)
	if err != nil {
		return err
	}
	if h.Uid != 0 || h.Gid != 0 {
		u.report.Owners = true
	}
	u.implied.drop(".")
	if err := unix.Fchown(u.root.fd, o.uid, o.gid); err != nil {
		if err == unix.EINVAL {
			return noPlace(max(h.Uid, h.Gid), ".", "user or group")
		}
		return fmt.Errorf("give the root directory its owner: %w", err)
	}
	mode := uint32(h.Mode) & 0o7777
	now := mode&^unix.S_ISGID&^unix.S_ISUID | 0o700
	if err := unix.Fchmod(u.root.fd, now); err != nil {
		return fmt.Errorf("give the root directory its mode: %w", err)
	}
	if err := u.attributes(u.root.fd, ".", o, h); err != nil {
		return err
	}
	return u.stampLater(".", h.ModTime, mode, now)
}

func (u *unpacker) stampLater(path string, at time.Time, mode, now uint32) error {
	if mode == now {
		mode = 0
	} else {
		mode |= unix.S_IFDIR // so that 0000 is not 0
	}
	u.later = append(u.later, stamp{path, at, mode})
	return u.remember(path)
}

// finish gives directories the times and modes that they could not have while they were filled.
func (u *unpacker) finish() error {
	for _, s := range u.later {
		above, base := ".", "."
		if s.path != "." {
			above, base = split(s.path)
		}
		d, err := u.directory(above, false)
		if err != nil || d.path != above {
			continue // it was replaced by something else later
		}
		var st unix.Stat_t
		if unix.Fstatat(d.fd, base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		if s.mode != 0 {
			if err := unix.Fchmodat(d.fd, base, s.mode&0o7777, 0); err != nil {
				return fmt.Errorf("give %s its mode: %w", quote(s.path), err)
			}
		}
		if err := u.times(d, base, s.path, s.at); err != nil {
			return err
		}
	}
	if u.left > 0 {
		u.report.Skipped = append(u.report.Skipped, fmt.Sprintf("and %d more", u.left))
	}
	return nil
}
