package unpack

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Adopt gives directories that a layer does not name the mode, owner, times and user attributes of the one that is merged
// below them, if one is: made by urun, they would otherwise hide what is there.
func Adopt(implied []Path, path string, below []*os.File) error {
	root, err := openTree(path)
	if err != nil {
		return err
	}
	defer unix.Close(root.fd)
	var trees level
	for _, t := range below {
		trees = append(trees, int(t.Fd()))
		if isOpaque(int(t.Fd())) {
			break
		}
	}
	// The last first: the times of a directory are changed by nothing that is done to what is in it, but modes may shut it.
	for i := len(implied) - 1; i >= 0; i-- {
		name, err := clean(string(implied[i]))
		if err != nil {
			return fmt.Errorf("adopt %s: %w", quote(string(implied[i])), err)
		}
		if err := adopt(root.fd, trees, name); err != nil {
			return fmt.Errorf("give %s the attributes of the directory below it: %w", quote(name), err)
		}
	}
	return nil
}

func adopt(root int, trees level, name string) error {
	to, err := unix.Openat2(root, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath})
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		return nil // something else of the layer has replaced it
	default:
		return err
	}
	defer unix.Close(to)
	at := trees
	for part := range strings.SplitSeq(name, "/") {
		if part == "." {
			continue
		}
		next, _, _, err := at.below(part)
		if len(at) > 0 && len(trees) > 0 && &at[0] != &trees[0] {
			at.close()
		}
		if err != nil && err != unix.ENOENT {
			return err
		}
		if at = next; len(at) == 0 {
			return nil // nothing is below it
		}
	}
	if len(at) == 0 {
		return nil
	}
	if &at[0] != &trees[0] {
		defer at.close()
	}
	return copyAttributes(to, at[0])
}

// copyAttributes gives a directory what another one has.
func copyAttributes(to, from int) error {
	var st unix.Stat_t
	if err := unix.Fstat(from, &st); err != nil {
		return err
	}
	if err := unix.Fchown(to, int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(to, st.Mode&0o7777); err != nil {
		return err
	}
	list := make([]byte, 64<<10)
	n, err := unix.Flistxattr(from, list)
	if err != nil && err != unix.ENOTSUP {
		return err
	}
	for _, name := range strings.Split(string(list[:max(n, 0)]), "\x00") {
		if !strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "user.overlay.") {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Fgetxattr(from, name, value)
		if err != nil {
			return err
		}
		if err := unix.Fsetxattr(to, name, value[:n], 0); err != nil {
			return err
		}
	}
	return unix.UtimesNanoAt(to, ".", []unix.Timespec{st.Atim, st.Mtim}, 0)
}
