package images

import (
	"archive/tar"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"
)

// Entry is a member of a layer: a header that may be changed at will, and what is in the file.
type Entry struct {
	tar.Header
	Body string
}

func entry(kind byte, name string, mode int64) Entry {
	return Entry{Header: tar.Header{Typeflag: kind, Name: name, Mode: mode, ModTime: time.Unix(1_000_000_000, 0), Format: tar.FormatPAX}}
}

// File is a regular file of mode 0644 that belongs to 0, as all others do until [Entry.Owned].
func File(name, body string) Entry {
	e := entry(tar.TypeReg, name, 0o644)
	e.Body = body
	return e
}

// Dir is a directory of mode 0755.
func Dir(name string) Entry { return entry(tar.TypeDir, name+"/", 0o755) }

// Symlink is one that points to a path.
func Symlink(name, to string) Entry {
	e := entry(tar.TypeSymlink, name, 0o777)
	e.Linkname = to
	return e
}

// Hardlink is a further name of a member.
func Hardlink(name, of string) Entry {
	e := entry(tar.TypeLink, name, 0o644)
	e.Linkname = of
	return e
}

// Whiteout hides what a lower layer has at a path.
func Whiteout(name string) Entry { return File(path.Join(path.Dir(name), ".wh."+path.Base(name)), "") }

// Opaque hides all that lower layers have in a directory.
func Opaque(dir string) Entry { return File(path.Join(dir, ".wh..wh..opq"), "") }

// Owned changes who it belongs to.
func (e Entry) Owned(uid, gid int) Entry {
	e.Uid, e.Gid = uid, gid
	return e
}

// Moded changes its mode, with the bits as chmod(2) has them.
func (e Entry) Moded(mode int64) Entry {
	e.Mode = mode
	return e
}

// With adds an extended attribute.
func (e Entry) With(xattr, value string) Entry {
	records := map[string]string{"SCHILY.xattr." + xattr: value}
	for k, v := range e.PAXRecords {
		records[k] = v
	}
	e.PAXRecords = records
	return e
}

// Tree is a layer of all that is in a directory, such as testenv.Busybox makes, belonging to 0. It has files, directories
// and symbolic links alone.
func Tree(t testing.TB, dir string) (l Layer) {
	t.Helper()
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || at == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		mode := int64(info.Mode().Perm())
		if info.Mode()&fs.ModeSticky != 0 {
			mode |= 0o1000
		}
		switch {
		case d.IsDir():
			l = append(l, Dir(name).Moded(mode))
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(at)
			if err != nil {
				return err
			}
			l = append(l, Symlink(name, to))
		default:
			body, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			l = append(l, File(name, string(body)).Moded(mode))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
