package mount

import (
	"io"
	"path"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// LayerKind is what becomes of something in the host's root.
type LayerKind int

// The kinds.
const (
	Plain LayerKind = iota // a directory of the new root, filled by the layers that follow
	Link                   // the same symbolic link
	Bound                  // the host's, read-only
	Stack                  // an overlay: the host's below, writes in memory
)

// Layer is one piece of an ephemeral copy of the host's root.
type Layer struct {
	Path   string // absolute, the same inside and outside
	Kind   LayerKind
	Mode   uint32
	Target string // of a link
	Dir    bool   // of a Bound or Stack one
	Attr   uint64 // of a Stack one: what its mount has and the overlay must not lose

	tree any
}

// HostEntry is a directory entry of the host.
type HostEntry struct {
	Name   string
	Mode   uint32 // st_mode
	Target string // of a symbolic link
	Attr   uint64 // MOUNT_ATTR_ bits of its mount
}

// manyEntries is from how many entries on a directory with a mount below it is
// bound as it is instead of being put together entry by entry.
const manyEntries = 256

// HostLayers divides the host's root. An overlay cannot have a directory below it
// that contains a mount (the kernel does not let a user namespace uncover what is
// under a mount it has inherited, clone_private_mount() in fs/namespace.c), so such
// a directory is made anew and each of its entries is a layer. mounts are the mount
// points of this mount namespace, covered the places where something else comes.
func HostLayers(mounts, covered []string, list func(dir string) []HostEntry) []Layer {
	h := hostRoot{covered: covered, list: list, above: map[string]bool{}}
	for _, m := range mounts {
		if h.isCovered(m) {
			continue
		}
		for m != "/" {
			m = path.Dir(m)
			h.above[m] = true
		}
	}
	h.above["/"] = true
	h.directory("/", 0o755)
	return h.layers
}

type hostRoot struct {
	covered []string
	list    func(string) []HostEntry
	above   map[string]bool // directories with a mount somewhere below
	layers  []Layer
}

func (h *hostRoot) isCovered(p string) bool {
	for _, c := range h.covered {
		if below(p, c) {
			return true
		}
	}
	return false
}

// directory adds dir, which is "/" or leads to a mount.
func (h *hostRoot) directory(dir string, mode uint32) {
	entries := h.list(dir)
	if dir != "/" {
		if len(entries) > manyEntries {
			h.layers = append(h.layers, Layer{Path: dir, Kind: Bound, Dir: true})
			return
		}
		h.layers = append(h.layers, Layer{Path: dir, Mode: mode & 0o7777})
	}
	for _, e := range entries {
		at := path.Join(dir, e.Name)
		switch kind := e.Mode & unix.S_IFMT; {
		case kind == unix.S_IFDIR && h.isCovered(at):
			h.layers = append(h.layers, Layer{Path: at, Mode: 0o755})
		case kind == unix.S_IFDIR && h.above[at]:
			h.directory(at, e.Mode)
		case kind == unix.S_IFDIR:
			h.layers = append(h.layers, Layer{Path: at, Kind: Stack, Mode: e.Mode & 0o7777, Dir: true, Attr: e.Attr})
		case kind == unix.S_IFLNK:
			h.layers = append(h.layers, Layer{Path: at, Kind: Link, Target: e.Target})
		case kind == unix.S_IFREG:
			h.layers = append(h.layers, Layer{Path: at, Kind: Bound})
		}
	}
}

// MountPoints reads /proc/PID/mountinfo, see proc_pid_mountinfo(5).
func MountPoints(r io.Reader) ([]string, error) {
	mounts, err := readMounts(r)
	list := make([]string, len(mounts))
	for i, m := range mounts {
		list[i] = m.point
	}
	return list, err
}

// unescape undoes the octal escapes of space, tab, newline and backslash.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// notStackable are the errors of a file system that cannot be below an overlay:
// another overlay on too many, one without the features, one that may not be read.
var notStackable = []syscall.Errno{unix.EINVAL, unix.EPERM, unix.EACCES, unix.EBUSY}

// attachLayers makes a root of layers in place of the host's: a tmpfs with a
// directory, a link or a mount for each.
func (t *Tree) attachLayers(r *Root) {
	s, at := t.s, t.Root
	for i := range r.Layers {
		l := &r.Layers[i]
		if l.Kind != Stack && l.Kind != Bound {
			continue
		}
		l.tree = s.Call("what of the host's root is below "+l.Path, unix.SYS_OPEN_TREE, at, strings.TrimPrefix(l.Path, "/"), unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE|unix.AT_SYMLINK_NOFOLLOW)
		// What may not even be looked at, or has gone meanwhile, stays empty.
		s.Tolerate(l.tree, unix.EACCES, unix.ENOENT, unix.ELOOP)
	}
	scratch := create(s, "room for what is written", "tmpfs", []string{"mode=755"}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	attach(s, "an upper layer on a detached mount is EINVAL before 6.13", scratch, at)
	t.covered = true
	root := create(s, "the new root, which is put together", "tmpfs", []string{"mode=755"}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	attach(s, "pivot_root(2) wants a mount point", root, at)
	s.Call("the layers' names are relative", unix.SYS_FCHDIR, scratch)
	for i := range r.Layers {
		t.layer(&r.Layers[i], root, "l"+strconv.Itoa(i))
	}
	t.Root, t.Create = root, true // what is made is made in memory
}

func (t *Tree) layer(l *Layer, root any, name string) {
	s, rel := t.s, strings.TrimPrefix(l.Path, "/")
	switch l.Kind {
	case Link:
		s.Call("a link as the host has it", unix.SYS_SYMLINKAT, l.Target, root, rel)
		return
	case Plain:
		s.Call("a directory with mounts below it, or a place for another", unix.SYS_MKDIRAT, root, rel, l.Mode)
		return
	}
	if l.Dir {
		s.Call("a place for it", unix.SYS_MKDIRAT, root, rel, l.Mode|0o500)
	} else {
		s.Call("a place for it", unix.SYS_MKNODAT, root, rel, unix.S_IFREG|0o644, 0)
	}
	from := l.tree
	if l.Kind == Stack {
		from = t.stackLayer(l, name)
	} else {
		readOnly(s, from)
	}
	moved := s.Call("mount at "+l.Path, unix.SYS_MOVE_MOUNT, from, "", root, rel, unix.MOVE_MOUNT_F_EMPTY_PATH)
	s.Tolerate(moved, unix.EBADF)
	closed := s.Call("of many", unix.SYS_CLOSE, from)
	s.Tolerate(closed, unix.EBADF)
}

// stackLayer makes an overlay over a layer's tree, or gives the tree itself,
// read-only, if its file system does not allow one.
func (t *Tree) stackLayer(l *Layer, name string) any {
	s := t.s
	s.Call("a name for the lower layer", unix.SYS_MKDIRAT, unix.AT_FDCWD, name, 0o755)
	moved := s.Call("the lower layer", unix.SYS_MOVE_MOUNT, l.tree, "", unix.AT_FDCWD, name, unix.MOVE_MOUNT_F_EMPTY_PATH)
	s.Tolerate(moved, unix.EBADF)
	s.Call("the layer that is written", unix.SYS_MKDIRAT, unix.AT_FDCWD, name+"u", l.Mode|0o700)
	s.Call("overlay's own room beside it", unix.SYS_MKDIRAT, unix.AT_FDCWD, name+"w", 0o700)
	fs := configure(s, "the layers as one", "overlay", []string{"lowerdir=" + name, "upperdir=" + name + "u", "workdir=" + name + "w", "userxattr"})
	sb := s.Call("the superblock", unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, 0, 0, 0)
	t.tolerate(sb, notStackable...)
	tree := s.Call("a mount of it", unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|l.Attr)
	f := Fallback{Type: "overlay", Path: l.Path, from: []any{sb, tree}, on: notStackable}
	t.otherwise(tree, f.on, func() any {
		again := s.Call("the lower layer itself", unix.SYS_OPEN_TREE, unix.AT_FDCWD, name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		f.Step = again
		readOnly(s, again)
		return again
	})
	t.Fallbacks = append(t.Fallbacks, f)
	s.Call("configured", unix.SYS_CLOSE, fs)
	return tree
}

func readOnly(s Steps, tree any) {
	set := s.Call("without writing", unix.SYS_MOUNT_SETATTR, tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, setAttr(unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID, 0), sizeofAttr)
	s.Tolerate(set, unix.EBADF)
}
