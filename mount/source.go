package mount

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Source is a file or directory of the host as it was found before the start.
// Whoever opens it later makes sure that it is still the same one.
type Source struct {
	Path         string // absolute
	Major, Minor uint32 // of the device, statx(2)
	Ino          uint64
	Dir          bool
	Mode         uint32 // permission bits
	Attr         uint64 // MOUNT_ATTR_ bits of its mount that an overlay over it must not lose
}

// Find looks at a source. Its errors are os.PathError-like: they wrap the errno.
func Find(path string) (Source, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return Source{}, fmt.Errorf("%s: %w", path, err)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return Source{}, fmt.Errorf("%s: %w", path, err)
	}
	return Source{
		Attr: attrOf(fs.Flags),
		Path: path, Major: unix.Major(st.Dev), Minor: unix.Minor(st.Dev), Ino: st.Ino,
		Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR, Mode: st.Mode & 0o7777,
	}, nil
}

// attrOf turns flags of statfs(2) into bits of mount_setattr(2).
func attrOf(flags int64) (attr uint64) {
	for _, f := range []struct {
		flag int64
		attr uint64
	}{{unix.ST_NOSUID, unix.MOUNT_ATTR_NOSUID}, {unix.ST_NODEV, unix.MOUNT_ATTR_NODEV}, {unix.ST_NOEXEC, unix.MOUNT_ATTR_NOEXEC}} {
		if flags&f.flag != 0 {
			attr |= f.attr
		}
	}
	return attr
}

// The offsets of struct statx.
const (
	statxSize = 256
	statxIno  = 0x20
	statxDev  = 0x88
)

// Changed is the errno of a source that is not the one that was found before.
const Changed = syscall.ESTALE

// same makes sure that handle is still the file that was found.
func (src Source) same(s Steps, handle, stat any) {
	s.Call("what was opened", unix.SYS_STATX, handle, "", unix.AT_EMPTY_PATH, unix.STATX_INO, stat)
	s.Check("it is the file that was looked at before the start", stat, statxIno, ^uint64(0), src.Ino, Changed)
	s.Check("on the same file system", stat, statxDev, ^uint64(0), uint64(src.Minor)<<32|uint64(src.Major), Changed)
}
