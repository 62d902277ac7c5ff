package unpack

import (
	"archive/tar"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// attributes gives a file or directory its extended attributes, and records its owner when it cannot have that. fd is -1 for what
// cannot have any: user_xattr of symbolic links and special files does not exist, xattr(7).
func (u *unpacker) attributes(fd int, path string, o owner, h *tar.Header) error {
	if o.record != "" && fd >= 0 {
		err := unix.Fsetxattr(fd, override, []byte(o.record), 0)
		switch err {
		case nil:
		case unix.ENOTSUP, unix.EPERM:
			u.skipped(path, "its owner is not recorded, because the file system has no user attributes")
		default:
			return fmt.Errorf("record the owner of %s: %w", quote(path), err)
		}
	}
	const prefix = "SCHILY.xattr."
	var names []string
	for key := range maps.Keys(h.PAXRecords) {
		if name, is := strings.CutPrefix(key, prefix); is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if why := refusedAttribute(name); why != "" {
			u.skipped(path, "the attribute "+quote(name)+": "+why)
			continue
		}
		if fd < 0 {
			u.skipped(path, "the attribute "+quote(name)+": only files and directories can have it")
			continue
		}
		err := unix.Fsetxattr(fd, name, []byte(h.PAXRecords[prefix+name]), 0)
		switch err {
		case nil:
		case unix.ENOTSUP, unix.EPERM, unix.EINVAL:
			u.skipped(path, "the attribute "+quote(name)+": "+err.Error())
		default:
			return fmt.Errorf("give %s the attribute %s: %w", quote(path), quote(name), err)
		}
	}
	return nil
}

// refusedAttribute says why a layer cannot give its files an attribute. Marks of overlay and records of owners are urun's: with
// them a layer could hide files of another, or show an owner that it was not given.
func refusedAttribute(name string) (why string) {
	switch {
	case strings.HasPrefix(name, "user.overlay."), strings.HasPrefix(name, "user.containers."):
		return "it is a mark of the storage, not of an image"
	case strings.HasPrefix(name, "user."), name == "security.capability":
		return ""
	}
	return "only user attributes and security.capability are kept"
}
