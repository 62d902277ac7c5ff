package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// files are what an archive is made of, by the names in it.
type files interface {
	open(name string) (file, error) // fs.ErrNotExist
	io.Closer
}

// file is one of them.
type file interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// largest is how many bytes a manifest, an index or a configuration may have, as with registries.
const largest = 4 << 20

// read takes a small file into memory.
func read(in files, name string) ([]byte, error) {
	f, err := in.open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	return readSmall(f, name)
}

func readSmall(f file, name string) ([]byte, error) {
	if f.Size() > largest {
		return nil, fmt.Errorf("%s has %d bytes, and %d are the most", name, f.Size(), largest)
	}
	b := make([]byte, f.Size())
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return b, nil
}

// directory is below a handle out of which no name and no symbolic link leads.
type directory struct{ *os.Root }

func (d directory) open(name string) (file, error) {
	// Without O_NONBLOCK the opening of a pipe waits for a writer, for ever.
	f, err := d.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		if p := (*fs.PathError)(nil); errors.As(err, &p) {
			err = p.Err
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return regular{f, info.Size()}, nil
}

// regular is a file of a file system.
type regular struct {
	*os.File
	size int64
}

func (r regular) Size() int64 { return r.size }

// part is a member of a tar archive.
type part struct{ *io.SectionReader }

func (part) Close() error { return nil }
