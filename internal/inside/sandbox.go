package inside

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// Options of mounts. In the tree of an image nothing is to be run, and devices cannot be made, by a helper.
const (
	readOnly   = unix.MOUNT_ATTR_RDONLY
	noPrograms = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
)

// memory is what a confined helper may have of its own: zstd's window of 128 MiB, xz's dictionary of as much, what is remembered of
// an archive's entries, and the garbage of all that. addresses are of the whole process: Go reserves some hundred MiB that it never touches.
const (
	memory    = 1 << 30
	addresses = 4 << 30
)

func (j Job) check() error {
	for _, path := range append([]string{j.Root}, j.Trees...) {
		if path != "" && filepath.Clean(path) != path || path == "/" || path != "" && !filepath.IsAbs(path) {
			return fmt.Errorf("confine a helper to %s: it must be an absolute, clean path", strconv.Quote(path))
		}
	}
	if j.Root == "" && len(j.Trees) > 0 {
		return errors.New("trees are for a helper that is confined")
	}
	return nil
}

// namespaces are those that the helper gets.
func (j Job) namespaces() uintptr {
	if j.Root == "" {
		return unix.CLONE_NEWUSER
	}
	return unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
}

// sandbox takes everything away but the root. The executable and the trees are open already.
func (j Job) sandbox(s *forkexec.Program) {
	s.Call("what the Go runtime says before it ends is an answer, too", unix.SYS_DUP3, 1, 2, 0)
	s.Call("no mount of the helper's shows outside", unix.SYS_MOUNT, 0, "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
	root := s.Call("a copy of the mount at the directory, without what is mounted in it", unix.SYS_OPEN_TREE, unix.AT_FDCWD, j.Root, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	set := uint64(noPrograms)
	if j.ReadOnly {
		set |= readOnly
	}
	s.Call("nothing in it can be executed", unix.SYS_MOUNT_SETATTR, root, "", unix.AT_EMPTY_PATH, setAttr(set), sizeofAttr)
	s.Call("pivot_root(2) wants a mount point", unix.SYS_MOVE_MOUNT, root, "", unix.AT_FDCWD, j.Root, unix.MOVE_MOUNT_F_EMPTY_PATH)
	s.Call("pivot_root(2) with \".\" needs no directory for the old root", unix.SYS_FCHDIR, root)
	s.Call("the directory becomes the root", unix.SYS_PIVOT_ROOT, ".", ".")
	s.Call("the old root, which now lies over it, goes", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	s.Call("into the new root", unix.SYS_CHDIR, "/")
	s.Call("the exec gives nothing", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	s.Call("no core of it is written", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CORE, limit(0), 0)
	s.Call("what it reads cannot make it fill the memory", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_DATA, limit(memory), 0)
	s.Call("nor by what RLIMIT_DATA does not count", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, limit(addresses), 0)
}

// limit is a struct rlimit64.
func limit(n uint64) []byte {
	return binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, n), n)
}

const sizeofAttr = 32

// setAttr is a struct mount_attr.
func setAttr(set uint64) []byte {
	return append(binary.NativeEndian.AppendUint64(nil, set), make([]byte, sizeofAttr-8)...)
}
