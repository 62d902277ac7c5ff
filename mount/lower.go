package mount

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// MostLower is how many directories the kernel puts together to one (OVL_MAX_STACK in fs/overlayfs/params.h).
const MostLower = 500

// longestOption is how long a value for fsconfig(2) may be. mount(2) takes a page of options, and cuts off what is more.
const longestOption = 255

// notUpper are the errors of an upper layer that cannot be one: on another overlay, on NFS, on FUSE.
var notUpper = []syscall.Errno{unix.EINVAL, unix.EACCES, unix.EPERM, unix.EOPNOTSUPP}

// Owner is who a directory belongs to, in ids of the container.
type Owner struct{ UID, GID uint32 }

// stackLower makes one tree of r.Lower, on top of which is written. As in stack the layers' names are short: the working directory
// has a symbolic link for each, because their paths would be too long for overlay's options.
func (t *Tree) stackLower(r *Root, at any) any {
	s := t.s
	scratch := create(s, "room for the names of the layers", "tmpfs", []string{"mode=755"}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	attach(s, "an upper layer on a detached mount is EINVAL before 6.13", scratch, at)
	s.Call("the layers' names are relative", unix.SYS_FCHDIR, scratch)
	o := overlay{t: t, attr: r.Attr}
	for i, dir := range r.Lower {
		name := strconv.Itoa(i)
		s.Call("a short name for a layer of the image", unix.SYS_SYMLINKAT, dir, unix.AT_FDCWD, name)
		o.lower = append(o.lower, name)
	}
	inMemory := func() []string {
		s.Call("the layer that is written", unix.SYS_MKDIRAT, unix.AT_FDCWD, "upper", r.Mode)
		r.own(s, "upper")
		s.Call("overlay's own room beside it", unix.SYS_MKDIRAT, unix.AT_FDCWD, "work", 0o700)
		return []string{"upperdir=upper", "workdir=work"}
	}
	var upper []string
	if r.Store == nil {
		upper = inMemory()
	} else {
		bindAt(s, "store", r.store)
		r.own(s, "store/upper")
		upper = []string{"upperdir=store/upper", "workdir=store/work"}
	}
	if r.Volatile {
		upper = append([]string{"volatile"}, upper...) // nothing of it is to survive, so nothing waits for the disk
		o.instead, o.fallback = inMemory, Fallback{Type: "upper", Path: r.Store.Path, on: notUpper}
	}
	tree := o.mount(upper)
	why := syscall.EROFS
	if r.Volatile {
		why = unix.ENOSPC
	}
	writable(s, tree, why)
	return tree
}

// own gives the layer that is written the owner of the topmost layer: the root of an overlay has that of its upper one.
func (r *Root) own(s Steps, dir string) {
	if r.Owner != nil {
		s.Call("the root belongs to whom the image says", unix.SYS_FCHOWNAT, unix.AT_FDCWD, dir, r.Owner.UID, r.Owner.GID, unix.AT_SYMLINK_NOFOLLOW)
	}
}

// overlay is one in the making.
type overlay struct {
	t     *Tree
	lower []string
	attr  uint64

	instead  func() []string // the options of another upper layer, where the first cannot be one; nil: there is no other
	fallback Fallback
}

// mount makes it and gives its mount, which is not yet anywhere.
func (o *overlay) mount(upper []string) any {
	lower := "lowerdir=" + strings.Join(o.lower, ":")
	if len(lower)-len("lowerdir=") > longestOption {
		return o.mountLong(lower, upper)
	}
	s := o.t.s
	fs := configure(s, "the layers as one", "overlay", []string{lower, "userxattr"})
	from := o.make(fs, upper)
	tree := s.Call("a mount of it, not yet anywhere", unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, o.attr)
	o.otherwise(append(from, tree), func(other overlay, upper []string) any { return other.mount(upper) })
	return tree
}

// make adds the options and makes the overlay, and gives the steps that may fail where there is another upper layer. Since 6.5 the
// kernel looks at that when it is named, before then when the overlay is made; without it there would be one that is read-only.
func (o *overlay) make(fs any, options []string) (from []any) {
	s := o.t.s
	if len(options) == 0 {
		sb := s.Call("make the overlay", unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
		if o.instead != nil {
			o.t.tolerate(sb, o.fallback.on...)
		}
		return []any{sb}
	}
	step := option(s, fs, "overlay", options[0])
	if o.instead == nil || o.t.Strict {
		return append(o.make(fs, options[1:]), step)
	}
	s.Unless(step, o.fallback.on, func() { from = o.make(fs, options[1:]) })
	return append(from, step)
}

// mountLong is for so many layers that their names are too long for fsconfig(2).
func (o *overlay) mountLong(lower string, upper []string) any {
	s := o.t.s
	options := func(upper []string) string { return strings.Join(append([]string{lower, "userxattr"}, upper...), ",") }
	s.Call("mount(2) takes a path", unix.SYS_MKDIRAT, unix.AT_FDCWD, "merged", 0o755)
	first := s.Call("the layers as one: their names are too long for fsconfig(2)", unix.SYS_MOUNT, "overlay", "merged", "overlay", 0, options(upper))
	o.otherwise([]any{first}, func(_ overlay, upper []string) any {
		return s.Call("the layers as one", unix.SYS_MOUNT, "overlay", "merged", "overlay", 0, options(upper))
	})
	tree := s.Call("a mount of it, not yet anywhere", unix.SYS_OPEN_TREE, unix.AT_FDCWD, "merged", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if o.attr != 0 {
		s.Call("what the layers' own mount has", unix.SYS_MOUNT_SETATTR, tree, "", unix.AT_EMPTY_PATH, setAttr(o.attr, 0), sizeofAttr)
	}
	return tree
}

// otherwise adds what is done with another upper layer when the last of the steps has failed.
func (o *overlay) otherwise(from []any, again func(other overlay, upper []string) any) {
	if o.instead == nil {
		return
	}
	f := o.fallback
	f.from = from
	o.t.otherwise(from[len(from)-1], f.on, func() any {
		other := *o
		other.instead = nil
		f.Step = again(other, o.instead())
		return f.Step
	})
	o.t.Fallbacks = append(o.t.Fallbacks, f)
}
