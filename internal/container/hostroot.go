package container

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/mount"
)

// hostLayers divides the host's root for --ephemeral.
func (l *launch) hostLayers() error {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	defer f.Close()
	mounts, err := mount.MountPoints(f)
	if err != nil {
		return err
	}
	var covered []string
	for _, m := range l.spec.Mounts {
		if m.Type != "bind" {
			covered = append(covered, path.Clean(m.Destination))
		}
	}
	l.root.Layers = mount.HostLayers(mounts, covered, hostEntries)
	return nil
}

// hostEntries lists a directory of the host. What may not be read has no entries.
func hostEntries(dir string) []mount.HostEntry {
	names, _ := os.ReadDir(dir)
	list := make([]mount.HostEntry, 0, len(names))
	for _, d := range names {
		var st unix.Stat_t
		at := path.Join(dir, d.Name())
		if unix.Lstat(at, &st) != nil {
			continue // gone meanwhile
		}
		e := mount.HostEntry{Name: d.Name(), Mode: st.Mode}
		if st.Mode&unix.S_IFMT == unix.S_IFLNK {
			e.Target, _ = os.Readlink(at)
		}
		list = append(list, e)
	}
	return list
}

// checkHost refuses what cannot be had with the host's root.
func (l *launch) checkHost() error {
	top, err := mount.Find("/")
	if err != nil {
		return err
	}
	switch {
	case !l.root.Host && l.root.Ino == top.Ino && l.root.Major == top.Major && l.root.Minor == top.Minor:
		return errors.New("rootfs " + quote(l.root.Path) + " is the host's own root by another name; write /, which keeps the host's sockets and /tmp out")
	case l.root.Host && l.opt.Overlay != "":
		return errors.New("--overlay cannot keep what is written to the host's root, which is many file systems; use --ephemeral, or -v for the directories that may be written")
	}
	return nil
}
