package container

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
)

// hide decides where in the container something is to be hidden: a function of what was found.
func (l *launch) hide() error {
	l.hidden = nil
	for i := range l.denied {
		d := &l.denied[i]
		for n, at := range d.at {
			places, err := l.shown(d, at, n == 0)
			if err != nil {
				return err
			}
			l.hidden = append(l.hidden, places...)
		}
		if !l.root.Host {
			l.hidden = append(l.hidden, mount.Denied{Dest: d.asked})
		}
	}
	// What is hidden with a directory above it needs no mount of its own.
	var kept []mount.Denied
	slices.SortStableFunc(l.hidden, func(a, b mount.Denied) int { return strings.Count(a.Dest, "/") - strings.Count(b.Dest, "/") })
	for _, p := range l.hidden {
		if !slices.ContainsFunc(kept, func(k mount.Denied) bool { return !k.Optional && ocispec.Within(p.Dest, k.Dest) }) {
			kept = append(kept, p)
		}
	}
	l.hidden = kept
	return nil
}

// showsToo tells whether a volume has a part of the root file system, or all of it, at another place.
func showsToo(binds []mount.Source, root string) bool {
	return slices.ContainsFunc(binds, func(b mount.Source) bool { return ocispec.Within(b.Path, root) || ocispec.Within(root, b.Path) })
}

// shown are the places where a path of the host is seen: its own, with the host's root, and
// those in volumes. asked tells that it is the path itself, not another name of it.
func (l *launch) shown(d *denial, at string, asked bool) (list []mount.Denied, err error) {
	if l.root.Host {
		switch covered := l.over(d, at); {
		case covered < 0:
			p := mount.Denied{Dest: at}
			if asked && !l.root.Ephemeral {
				p.Is = &d.is
			}
			if !l.root.ReadOnly && !l.root.Ephemeral {
				p.Above = between("/", at)
			}
			list = append(list, p)
		case asked && l.spec.Mounts[covered].Type != "bind": // of the container's own /proc, say
			list = append(list, mount.Denied{Dest: at, Optional: l.spec.Mounts[covered].Type == "tmpfs"})
		}
	}
	if root := real(l.rootfs.Path); !l.root.Host && ocispec.Within(at, root) {
		// Found by a volume that has a part of the root file system in it, or the other way round.
		p := mount.Denied{Dest: path.Join("/", strings.TrimPrefix(at, root)), Optional: true}
		if l.over(d, p.Dest) < 0 {
			if !l.root.ReadOnly && !l.root.Ephemeral && showsToo(d.binds, root) {
				p.Above = between("/", p.Dest)
			}
			list = append(list, p)
		}
	}
	next := 0
	for i, m := range l.spec.Mounts {
		if m.Type != "bind" {
			continue
		}
		v, src := l.volumes[next], d.binds[next].Path
		next++
		if ocispec.Within(src, at) {
			return nil, fmt.Errorf("--deny %s: the volume %s is what it hides, or a part of that; leave out one of the two", quote(d.asked), quote(v.Path+":"+v.Dest))
		}
		if !ocispec.Within(at, src) {
			continue
		}
		p := mount.Denied{Dest: path.Join(d.dests[i], strings.TrimPrefix(at, src))}
		if l.over(d, p.Dest) != i {
			continue
		}
		p.Optional = v.NonRecursive // a mount below its source is not there
		if asked && !p.Optional {
			p.Is = &d.is
		}
		if v.Set&unix.MOUNT_ATTR_RDONLY == 0 {
			p.Above = between(d.dests[i], p.Dest)
		}
		list = append(list, p)
	}
	for _, p := range list {
		for i, m := range l.spec.Mounts {
			if m.Type == "bind" && ocispec.Within(d.dests[i], p.Dest) {
				return nil, fmt.Errorf("--deny %s: it would hide what is mounted at %s; leave out one of the two", quote(d.asked), quote(m.Destination))
			}
		}
	}
	return list, nil
}

// hides tells whether a path of the container is one that is hidden, or below one.
func (l *launch) hides(at string) bool {
	return slices.ContainsFunc(l.hidden, func(d mount.Denied) bool { return ocispec.Within(path.Clean(at), d.Dest) })
}

// over is the last of the mounts that a path of the container is in; -1: it is in the root itself.
func (l *launch) over(d *denial, at string) int {
	last := -1
	for i, dest := range d.dests {
		if ocispec.Within(at, dest) && (last < 0 || len(dest) >= len(d.dests[last])) {
			last = i
		}
	}
	return last
}

// between are the directories that lead from one to a path below it, without the two.
func between(dir, at string) (list []string) {
	for up := path.Dir(at); up != dir && up != "/"; up = path.Dir(up) {
		list = append([]string{up}, list...)
	}
	return list
}
