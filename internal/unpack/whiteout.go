package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/removal"
)

// How a layer says that something of a layer below is gone: image layers of OCI's specification, and aufs.
const (
	markPrefix = ".wh."
	metaPrefix = ".wh..wh."
	opaqueName = ".wh..wh..opq"
)

// mark is a whiteout in a directory or, without a name, that the directory is opaque.
type mark struct {
	dir, name string
	meta      bool // aufs's own, which is of no meaning to anyone else
}

// markOf tells whether the name of an entry, which is clean, is a mark.
func markOf(name string) (m mark, is bool, err error) {
	if !strings.Contains(name, markPrefix) {
		return mark{}, false, nil
	}
	dir, base := split(name)
	for part := range strings.SplitSeq(dir, "/") {
		switch {
		case strings.HasPrefix(part, metaPrefix):
			return mark{meta: true}, true, nil
		case strings.HasPrefix(part, markPrefix):
			return mark{}, false, errors.New("a directory of it has the name of a whiteout")
		}
	}
	rest, is := strings.CutPrefix(base, markPrefix)
	switch {
	case !is:
		return mark{}, false, nil
	case base == opaqueName:
		return mark{dir: dir}, true, nil
	case strings.HasPrefix(base, metaPrefix):
		return mark{meta: true}, true, nil
	case rest == "", rest == ".", rest == "..":
		return mark{}, false, errors.New("it is a whiteout of no name")
	}
	return mark{dir: dir, name: rest}, true, nil
}

// whiteout tells overlay's.
func whiteout(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

// mark makes overlay's mark of a layer's. Marks are about layers below only, whatever their place among the entries: what the layer
// itself has under the name stays, and if it is a directory hides the one below.
func (u *unpacker) mark(m mark) error {
	if m.meta || u.flat { // hide has dealt with it
		return nil
	}
	d, err := u.directory(m.dir, true)
	if err != nil {
		return fmt.Errorf("unpack a whiteout in %s: %w", quote(m.dir), err)
	}
	if m.name == "" {
		return u.opaque(d, ".")
	}
	err = unix.Mknodat(d.fd, m.name, unix.S_IFCHR, 0)
	if err == unix.EEXIST {
		var st unix.Stat_t
		if err = unix.Fstatat(d.fd, m.name, &st, unix.AT_SYMLINK_NOFOLLOW); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return u.opaque(d, m.name)
		}
	}
	if err != nil {
		return fmt.Errorf("make the whiteout of %s: %w", quote(join(d.path, m.name)), err)
	}
	return nil
}

// opaque is overlay's mark that a directory has nothing of those below.
func (t *tree) opaque(d *dir, base string) error {
	fd, err := unix.Openat2(d.fd, base, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath})
	if err != nil {
		return fmt.Errorf("open %s: %w", quote(join(d.path, base)), err)
	}
	defer unix.Close(fd)
	if err := unix.Fsetxattr(fd, opaqueAttribute, []byte("y"), 0); err != nil {
		return fmt.Errorf("mark %s as opaque: %w", quote(join(d.path, base)), err)
	}
	return nil
}

const opaqueAttribute = "user.overlay.opaque"

// hide carries out the marks of a flat layer before anything of it is there, so that they take what is of layers below only. It
// reads the blob once more for that, which needs no memory.
func (t *tree) hide(job Job, blob *os.File) error {
	count := 0
	return read(job, blob, func(h *tar.Header, _ io.Reader) error {
		if count++; count > mostEntries {
			return nil // said when they are made
		}
		name, err := clean(h.Name)
		if err != nil {
			return nil // said when it is made
		}
		m, is, err := markOf(name)
		if err != nil || !is || m.meta {
			return nil
		}
		d, err := t.directory(m.dir, false)
		if err != nil {
			return nil // there is nothing to hide; a link of a layer below is no directory either
		}
		if m.name != "" {
			return t.erase(d, m.name)
		}
		return t.empty(d)
	}, func(*pipeline) error { return nil })
}

func (t *tree) erase(d *dir, name string) error {
	t.forget(d)
	return removal.Entry(d.fd, name, join(d.path, name))
}

// empty removes what is in a directory.
func (t *tree) empty(d *dir) error {
	t.forget(d)
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", quote(d.path), err)
	}
	f := os.NewFile(uintptr(fd), d.path)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("read the directory %s: %w", quote(d.path), err)
	}
	for _, name := range names {
		if err := removal.Entry(d.fd, name, join(d.path, name)); err != nil {
			return err
		}
	}
	return nil
}
