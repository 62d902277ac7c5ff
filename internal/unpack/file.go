package unpack

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// makeFile makes a regular file. It is always a new one: nothing is written to what another name may lead to.
func (u *unpacker) makeFile(d *dir, base string, o owner, h *tar.Header, r io.Reader) error {
	path := join(d.path, base)
	fd := -1
	err := u.replacing(d, base, func() (err error) {
		fd, err = unix.Openat2(d.fd, base, &unix.OpenHow{
			Flags: unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC, Mode: uint64(h.Mode & 0o777), Resolve: beneath,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("make %s: %w", quote(path), err)
	}
	defer unix.Close(fd)
	if isSparse(h) {
		err = u.writeSparse(fd, path, h.Size, r)
	} else {
		err = u.write(fd, path, h.Size, r)
	}
	if err != nil {
		return err
	}
	u.report.Size += h.Size
	// In this order: chown(2) takes away special bits and capabilities.
	if err := u.chown(d, base, path, o, true, h); err != nil {
		return err
	}
	if h.Mode&0o7000 != 0 {
		if err := unix.Fchmod(fd, uint32(h.Mode&0o7777)); err != nil {
			return fmt.Errorf("give %s its mode: %w", quote(path), err)
		}
	}
	if err := u.attributes(fd, path, o, h); err != nil {
		return err
	}
	return u.times(d, base, path, h.ModTime)
}

func (u *unpacker) write(fd int, path string, size int64, r io.Reader) error {
	for size > 0 {
		n, err := io.ReadFull(r, u.buffer[:min(size, int64(len(u.buffer)))])
		if err != nil {
			return reading(early(err))
		}
		if err := writeAll(fd, u.buffer[:n]); err != nil {
			return fmt.Errorf("write %s: %w", quote(path), err)
		}
		size -= int64(n)
	}
	return nil
}

// writeSparse leaves out what is zero: a file of terabytes that has holes takes what its data does. Its zeros have to be
// looked at, though, and how many there may be is limited for the layer.
func (u *unpacker) writeSparse(fd int, path string, size int64, r io.Reader) error {
	const page = 4096
	if size > mostSparse-u.sparse {
		return fmt.Errorf("unpack %s: refused: the sparse files of the layer are longer than %d GiB together", quote(path), int64(mostSparse)>>30)
	}
	u.sparse += size
	zero := make([]byte, page)
	for at := int64(0); at < size; {
		n, err := io.ReadFull(r, u.buffer[:min(size-at, int64(len(u.buffer)))])
		if err != nil {
			return reading(early(err))
		}
		for i := 0; i < n; i += page {
			part := u.buffer[i:min(i+page, n)]
			if bytes.Equal(part, zero[:len(part)]) {
				continue
			}
			if _, err := unix.Seek(fd, at+int64(i), io.SeekStart); err != nil {
				return fmt.Errorf("write %s: %w", quote(path), err)
			}
			if err := writeAll(fd, part); err != nil {
				return fmt.Errorf("write %s: %w", quote(path), err)
			}
		}
		at += int64(n)
	}
	if err := unix.Ftruncate(fd, size); err != nil {
		return fmt.Errorf("make %s %d bytes long: %w", quote(path), size, err)
	}
	return nil
}

// early is the end of the archive within a file.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err != nil && err != unix.EINTR {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}
