package container

import (
	"errors"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/mount"
)

// errNoSkeleton tells that the rootfs has every mount point that can be in it: the
// one that could not be made is in something mounted over it, such as /sys.
var errNoSkeleton = errors.New("no mount point is missing in the rootfs")

// skeleton decides on a layer with the missing mount points above a rootfs that
// cannot be written: read-only, or of owners that are not mapped here.
func (l *launch) skeleton() error {
	root, err := os.OpenFile(l.root.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer root.Close()
	have := map[string]bool{}
	for _, pt := range l.points() {
		for _, e := range missing(root, strings.Trim(pt.dest, "/"), pt.dir) {
			if !have[e.Path] {
				have[e.Path] = true
				l.root.Skeleton = append(l.root.Skeleton, e)
			}
		}
	}
	if len(l.root.Skeleton) == 0 {
		return errNoSkeleton
	}
	return nil
}

// missing are the entries a skeleton needs for dest: none if it exists, else dest
// and its parents. A parent that exists is merged, so it keeps its mode.
func missing(root *os.File, dest string, dir bool) []mount.Entry {
	if _, ok := look(root, dest); ok {
		return nil
	}
	parts := strings.Split(dest, "/")
	var list []mount.Entry
	at := ""
	for i, name := range parts {
		at = path.Join(at, name)
		e := mount.Entry{Path: at, Dir: dir || i < len(parts)-1, Mode: 0o755}
		if found, ok := look(root, at); ok {
			at = found.path
			e.Path, e.Mode = at, found.mode
		}
		list = append(list, e)
	}
	return list
}

type seen struct {
	path string // with links followed
	mode uint32
}

// look resolves a path in the rootfs, which is hostile: nothing is opened but a handle.
func look(root *os.File, rel string) (seen, bool) {
	fd, err := unix.Openat2(int(root.Fd()), rel, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
	if err != nil {
		return seen{}, false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return seen{}, false
	}
	real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return seen{}, false
	}
	top, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(root.Fd())))
	if err != nil {
		return seen{}, false
	}
	return seen{path: strings.Trim(strings.TrimPrefix(real, top), "/"), mode: st.Mode & 0o7777}, true
}
