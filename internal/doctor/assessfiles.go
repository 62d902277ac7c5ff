package doctor

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ladder"
)

// tried tells whether anything could be tried in a user namespace.
func (s *subject) tried() bool {
	for _, a := range s.plain.Attempts {
		if a.Property == ladder.Namespaces || a.Property == ladder.IDs || a.Property == ladder.Init {
			return false
		}
	}
	return s.Users.Clone == nil
}

// mounts is about the file systems that a container gets.
func (s *subject) mounts() (list []Check) {
	if !s.tried() {
		return nil
	}
	for _, m := range []struct {
		name, found string
		of          ladder.Property
		failed      *Failure
	}{
		{"proc", "a new /proc can be mounted", ladder.Proc, s.Files.Proc},
		{"sys", "a new /sys can be mounted", ladder.Sys, s.Files.Sys},
	} {
		l := all(s.plain.Lost, m.of)
		switch {
		case len(l) > 0 && m.failed != nil && m.failed.Errno != unix.EPERM:
			c := lost(m.name, Degraded, l[0])
			c.Found, c.Fix, c.Who = m.failed.Error(), "", ""
			list = append(list, c)
		case len(l) > 0:
			list = append(list, lost(m.name, Degraded, l[0]))
		case m.name == "proc" && s.Files.HidePID != "":
			list = append(list, fine(m.name, m.found+"; the one outside has hidepid="+s.Files.HidePID+", and id maps can be written all the same"))
		default:
			list = append(list, fine(m.name, m.found))
		}
	}
	for _, l := range all(s.plain.Lost, ladder.CgroupGuard) {
		list = append(list, lost("cgroup-guard", Degraded, l))
	}
	if f := s.Files.Overlay; f != nil {
		c := Check{"overlay", Degraded, f.Error(), "each start from an image copies it; --ephemeral and --overlay do not work, nor does a rootfs that lacks mount points and cannot be written",
			"use Linux 5.11 or newer with CONFIG_OVERLAY_FS", ladder.Administrator, "a rootfs as it is works"}
		if f.Errno == unix.ENODEV {
			c.Fix = "load the module: modprobe overlay"
		}
		return append(list, c)
	}
	list = append(list, fine("overlay", "overlays can be mounted"))
	switch u := s.Upper; {
	case u.Failed != nil:
		list = append(list, Check{"image-writes", Degraded, s.Dirs.Data.Type + " at " + s.Dirs.Data.Path + ": " + u.Failed.Error(), "what containers from images write to their root is kept in memory",
			"set XDG_DATA_HOME to a directory of yours on a disk of this machine, such as ext4, xfs or btrfs", ladder.You, "--overlay DIR keeps it in another directory"})
	case u.Tried:
		list = append(list, fine("image-writes", "what containers from images write can be kept in "+s.Dirs.Data.Path))
	}
	return list
}

// rootfs is about the directory that was named.
func (s *subject) rootfs() []Check {
	const name = "rootfs"
	r := s.Rootfs
	if r == nil {
		return nil
	}
	blocked := func(found, fix string, who ladder.Who) []Check {
		return []Check{{name, Blocked, r.Path + " " + found, "it cannot be a container's root", fix, who, ""}}
	}
	const want = "name a directory with a root file system in it"
	switch {
	case r.Err != nil && errors.Is(r.Err, fs.ErrPermission):
		return blocked("may not be looked at by you", "check the permissions of it and of the directories above it", ladder.You)
	case r.Err != nil:
		return blocked("cannot be looked at: "+r.Err.Error(), want, ladder.You)
	case !r.Exists:
		return blocked("does not exist", want, ladder.You)
	case r.NotDir:
		return blocked("is not a directory", want, ladder.You)
	case r.Empty:
		return blocked("is empty", want, ladder.You)
	case !s.tried():
		return nil
	case r.Attach != nil:
		return blocked("cannot be used: "+r.Attach.Error(), "use one on another file system than "+r.Type, ladder.You)
	case !r.Readable && !s.mapped(r.Owner):
		return blocked("may not be read by you, nor by root in the container: it belongs to uid "+utoa(r.Owner), "own it, or have its owner let you read it", ladder.You)
	}
	return append(s.fit(r), s.layers(r)...)
}

// fit is about a directory that can be used.
func (s *subject) fit(r *Rootfs) (list []Check) {
	const name = "rootfs"
	for _, l := range all(s.plain.Lost, ladder.MountPoints) {
		c := lost(name, Degraded, l)
		c.Found = r.Path + " lacks " + strings.Join(r.Missing, ", ") + " and cannot be written"
		if s.Files.Overlay != nil || r.Overlay != nil {
			c.State, c.Means, c.Meanwhile = Blocked, "the mount points can be made neither in it nor in a layer above it", ""
			c.Fix = "make them in the rootfs, or copy it to a local disk"
		}
		list = append(list, c)
	}
	if !r.Shell {
		list = append(list, Check{name, Degraded, r.Path + " has no sh in /bin, /usr/bin and their like", "sh is not found; a command that it has is", "name that command", ladder.You, "other commands work"})
	}
	if list == nil {
		list = []Check{fine(name, r.Path+" on "+r.Type+", of uid "+utoa(r.Owner))}
	}
	return list
}

// layers is about an overlay on the directory.
func (s *subject) layers(r *Rootfs) []Check {
	const name = "rootfs-overlay"
	switch {
	case s.Files.Overlay != nil || r.HostRoot: // told of, or put together by directory
		return nil
	case r.Overlay != nil:
		return []Check{{name, Degraded, r.Type + " at " + r.Path + ": " + r.Overlay.Error(), "--ephemeral and --overlay do not work on it",
			"copy it to a local disk", ladder.You, "without them it works"}}
	}
	return []Check{fine(name, "an overlay on "+r.Path+" can be mounted")}
}
