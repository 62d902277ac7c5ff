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
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFLNK:
			e.Target, _ = os.Readlink(at)
		case unix.S_IFDIR:
			if src, err := mount.Find(at); err == nil { // else it cannot be a layer, either
				e.Attr = src.Attr
			}
		}
		list = append(list, e)
	}
	return list
}

// otherRoot tells whether the machine's root has no id 0 here: its files in /proc/sys then show another owner. A user namespace's own
// map would not tell, since it is written in the ids of the one around it. What cannot be looked at counts as the machine's.
func otherRoot() bool {
	var st unix.Stat_t
	return unix.Stat("/proc/sys/kernel/core_pattern", &st) == nil && st.Uid != 0
}

// samePlace tells whether two paths lead to one directory of one mount. The same
// directory bound elsewhere is another place: nothing of what is mounted below "/"
// shows there.
func samePlace(a, b string) bool {
	var sa, sb unix.Statx_t
	const mask = unix.STATX_INO | unix.STATX_MNT_ID
	return unix.Statx(unix.AT_FDCWD, a, 0, mask, &sa) == nil && unix.Statx(unix.AT_FDCWD, b, 0, mask, &sb) == nil &&
		sa.Mnt_id == sb.Mnt_id && sa.Ino == sb.Ino
}

// errHostRootElsewhere refuses what would show the host's sockets and /tmp.
func errHostRootElsewhere(path string) error {
	return errors.New("rootfs " + quote(path) + " is the host's own root by another name; write /, which keeps the host's sockets and /tmp out")
}

// checkHost refuses what cannot be had with the host's root.
func (l *launch) checkHost() error {
	if l.root.Host && l.opt.extra().OverlayDir != "" {
		return errors.New("--overlay cannot keep what is written to the host's root, which is many file systems; use --ephemeral, or -v for the directories that may be written")
	}
	return nil
}
