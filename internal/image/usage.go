package image

import (
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// usage is how many bytes of the disk a tree has, as far as the caller may look: directories of subordinate ids may be closed.
func usage(path string) (bytes int64) {
	linked := map[[2]uint64]bool{}
	_ = filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if unix.Lstat(path, &st) != nil {
			return nil
		}
		if err != nil { // of a directory, for the second time
			return fs.SkipDir
		}
		if file := [2]uint64{uint64(st.Dev), st.Ino}; st.Nlink > 1 && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			if linked[file] {
				return nil
			}
			linked[file] = true
		}
		bytes += st.Blocks * 512
		return nil
	})
	return bytes
}
