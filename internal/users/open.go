package users

import (
	"fmt"
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// sizeLimit is far above any real file, and is read in a tenth of a second.
const sizeLimit = 16 << 20

// File is an open file of a rootfs. It is not an os.File, which would start Go's
// poller to read a few hundred bytes.
type File struct{ fd int }

// Open opens the file at path below root, a descriptor of the rootfs's directory,
// for reading. Symbolic links are followed as the container will see them. What is
// not a regular file of at most 16 MiB is refused. A file that does not exist is
// fs.ErrNotExist.
func Open(root int, path string) (*File, error) {
	// O_PATH first: opening a device or a FIFO to find out what it is can block or do
	// something.
	handle, err := openat2(root, path)
	if err != nil {
		return nil, fmt.Errorf("open /%s of the rootfs: %w", path, err)
	}
	defer unix.Close(handle)
	var st unix.Stat_t
	if err := unix.Fstat(handle, &st); err != nil {
		return nil, fmt.Errorf("stat /%s of the rootfs: %w", path, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("open /%s of the rootfs: it is %s, not a file", path, kind(st.Mode))
	}
	if st.Size > sizeLimit {
		return nil, fmt.Errorf("open /%s of the rootfs: it has %d bytes, the limit is %d", path, st.Size, sizeLimit)
	}
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(handle), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /%s of the rootfs: %w", path, err)
	}
	return &File{fd}, nil
}

func openat2(root int, path string) (int, error) {
	how := unix.OpenHow{
		Flags: unix.O_PATH | unix.O_CLOEXEC,
		// RESOLVE_NO_MAGICLINKS: a link of /proc leads out of any root, and the rootfs
		// may be the host's.
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	for {
		// Only EINTR is tried again. EAGAIN, when something was renamed meanwhile and ".."
		// cannot be trusted, is one that a hostile rootfs can give for ever.
		fd, err := unix.Openat2(root, path, &how)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func kind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFIFO:
		return "a FIFO"
	case unix.S_IFSOCK:
		return "a socket"
	case unix.S_IFCHR, unix.S_IFBLK:
		return "a device"
	}
	return "something else"
}

// Read is io.Reader's.
func (f *File) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(f.fd, b)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Close closes the file. A nil file has nothing to close.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	return unix.Close(f.fd)
}

// reader is nil when f is: an interface that holds a nil pointer is not.
func (f *File) reader() io.Reader {
	if f == nil {
		return nil
	}
	return f
}
