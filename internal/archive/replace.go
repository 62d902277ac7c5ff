package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// replace has a file written beside the path, and renames it. With an error nothing is left.
func replace(path string, write func(*os.File) error) (err error) {
	temp := beside(path)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // the umask counts, as with any file that a command writes
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// beside is a name that nothing has. Two that save to one path at once do not meet.
func beside(path string) string {
	dir, base := filepath.Split(filepath.Clean(path))
	return filepath.Join(dir, "."+base[:min(len(base), 200)]+"."+time.Now().Format("150405.000000000"))
}

// saveDir has an OCI layout written beside the path, and renames it.
func saveDir(ctx context.Context, path string, images []Named) (err error) {
	if list, err := os.ReadDir(path); err == nil && len(list) > 0 {
		return errors.New("the directory exists and is not empty: an image is not added to it")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temp := beside(path)
	if err := os.Mkdir(temp, 0o777); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := writeOCI(ctx, dirWriter(temp), images); err != nil {
		return err
	}
	if err := unix.Rename(temp, path); err != nil { // os.Rename does not replace an empty directory
		return &os.PathError{Op: "rename", Path: path, Err: err}
	}
	return nil
}

// dirWriter writes into a directory.
type dirWriter string

func (d dirWriter) dir(name string) error { return os.Mkdir(filepath.Join(string(d), name), 0o777) }

func (d dirWriter) file(name string, _ int64, r io.Reader) error {
	f, err := os.OpenFile(filepath.Join(string(d), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
