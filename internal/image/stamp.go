package image

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Stamp is by what one sees that a local source is still what it was. Of a directory it is that of the file by which the others
// are found.
func (s Source) Stamp() (string, error) {
	switch path := s.Path; s.Kind {
	case OCI:
		return stamp(filepath.Join(path, "index.json"))
	case Dir:
		return stamp(filepath.Join(path, "manifest.json"))
	case OCIArchive, DockerArchive, Tar:
		return stamp(path)
	}
	return "", errors.New("only what is read from a file has a stamp")
}

func stamp(path string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return "", &os.PathError{Op: "stat", Path: path, Err: err}
	}
	var b []byte
	for _, n := range []int64{int64(st.Dev), int64(st.Ino), st.Size, st.Mtim.Nano(), st.Ctim.Nano()} {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	return string(b[:len(b)-1]), nil
}
