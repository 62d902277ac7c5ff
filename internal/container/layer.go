package container

import (
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
)

// wantsLayer tells whether the container is one that gets a Landlock layer, and if not, what is said
// about that; nothing is said of those that nobody expects one of.
func (l *launch) wantsLayer() (wants bool, why string) {
	x := l.opt.extra()
	switch {
	case l.bare, l.rootfs.Path != "/" && len(x.Deny) == 0:
		return false, ""
	case x.Nested:
		return false, "a container inside has to mount"
	case !l.spec.Process.NoNewPrivileges:
		return false, "it takes no_new_privs"
	}
	return true, ""
}

// findLayer asks the kernel where it matters.
func (l *launch) findLayer() {
	if wants, _ := l.wantsLayer(); wants {
		l.landlock = landlock.Probe()
	}
}

// layer decides on the Landlock layer: a further command in the container gets the one of the container.
func (l *launch) layer() error {
	wants, why := l.wantsLayer()
	l.rules = landlock.Ruleset{Without: why}
	if !wants {
		return nil
	}
	writable, err := l.writable()
	if err != nil {
		return err
	}
	if l.rules = landlock.Decide(wishOf(writable), l.landlock); l.rules.Handled != 0 {
		l.record.record.Writable = writable
	}
	return nil
}

// wishOf has the streams beside the paths: what the caller's shell has opened as output is not in the container.
func wishOf(writable []string) landlock.Wish {
	return landlock.Wish{Writable: writable, Streams: []int{unix.Stdout, unix.Stderr}}
}

// writable are the paths of the container below which something can be written. What is read-only by its mount
// needs no exception here, and cannot have one: rules only allow.
func (l *launch) writable() ([]string, error) {
	if !l.root.ReadOnly {
		return []string{"/"}, nil
	}
	list, own := slices.Clone(l.opt.extra().ImageVolumes), []string(nil)
	for _, m := range l.spec.Mounts {
		o, err := mount.ParseOptions(m.Options)
		if err != nil {
			return nil, err
		}
		dest := path.Clean(m.Destination)
		if m.Type == "sysfs" || o.Set&unix.MOUNT_ATTR_RDONLY != 0 || slices.ContainsFunc(own, func(dir string) bool { return ocispec.Within(dest, dir) }) {
			continue
		}
		list = append(list, dest)
		if m.Type != "bind" { // made by urun: a path below it cannot lead elsewhere, when it is made
			own = append(own, dest)
		}
	}
	return list, nil
}
