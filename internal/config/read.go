package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// most is more than anyone writes by hand; what is longer is another file.
const most = 256 << 10

// Read reads a file that belongs to the caller or to root and that nobody else may write: who can write it chooses what is run how,
// and can take protections away. A file that is not there is fs.ErrNotExist, also where the caller may not look for it: then it
// is the file of someone else, whose HOME has been kept.
func Read(file string) ([]Setting, error) {
	// Not a FIFO's writer, nor a terminal, is waited for.
	f, err := os.OpenFile(file, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return nil, fs.ErrNotExist
	case errors.Is(err, unix.EACCES):
		if _, serr := os.Stat(file); errors.Is(serr, unix.EACCES) {
			return nil, fs.ErrNotExist
		}
	}
	if err != nil {
		return nil, &Error{file, 0, cause(err)}
	}
	defer f.Close()
	if says := unsafeFile(int(f.Fd()), os.Geteuid()); says != "" {
		return nil, &Error{file, 0, says}
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, &Error{file, 0, cause(err)}
	case len(text) > most:
		return nil, &Error{file, 0, "this is more than " + strconv.Itoa(most>>10) + " KiB, and no file of defaults"}
	}
	return Parse(file, text)
}

// unsafeFile says why the file is not to be trusted, and what to do.
func unsafeFile(fd, uid int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err.Error()
	}
	return judge(st.Mode, int(st.Uid), uid)
}

func judge(mode uint32, owner, uid int) string {
	switch {
	case mode&unix.S_IFMT != unix.S_IFREG:
		return "this is no regular file; for no defaults write --config none"
	case owner != uid && owner != 0:
		return "it belongs to uid " + strconv.Itoa(owner) + ", and you are " + strconv.Itoa(uid) + ": defaults are taken from files of your own; copy it, or write --config none"
	case mode&0o022 != 0:
		return "others may write it, and could take your protections away: chmod go-w it"
	}
	return ""
}

// cause is the error without the name of the file, which stands before it already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
