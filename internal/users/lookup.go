package users

import (
	"errors"
	"io/fs"
)

// Lookup resolves spec with the files of the rootfs whose directory root is a
// descriptor of.
//
// A file that cannot be read is an error only where it is needed: root, or a uid
// with a gid, does without. A uid alone does not, because its group might come out
// as 0.
func Lookup(root int, spec string) (User, error) {
	user, group, err := parseSpec(spec)
	if err != nil {
		return User{}, err
	}
	found, err := lookup(root, spec, "etc/passwd", "etc/group")
	if err == nil || !enough(user, group) {
		return found, err
	}
	if found, err = lookup(root, spec, "etc/passwd", ""); err == nil {
		return found, nil
	}
	return lookup(root, spec, "", "")
}

// enough says whether the ids are known without any file.
func enough(user id, group *id) bool {
	if group != nil {
		return user.numeric && group.numeric
	}
	return user.numeric && user.number == 0
}

func lookup(root int, spec, passwdPath, groupPath string) (User, error) {
	passwd, err := open(root, passwdPath)
	if err != nil {
		return User{}, err
	}
	defer passwd.Close()
	group, err := open(root, groupPath)
	if err != nil {
		return User{}, err
	}
	defer group.Close()
	return Resolve(passwd.reader(), group.reader(), spec)
}

// open returns nil for a file that does not exist.
func open(root int, path string) (*File, error) {
	if path == "" {
		return nil, nil
	}
	file, err := Open(root, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}

// LookupGroups resolves the groups of --group-add with the rootfs's group file,
// in their order. Without names among them the file is not opened.
func LookupGroups(root int, groups []string) ([]uint32, error) {
	gids := make([]uint32, 0, len(groups))
	for _, s := range groups {
		gid, err := lookupGroup(root, s)
		if err != nil {
			return nil, err
		}
		gids = append(gids, gid)
	}
	return gids, nil
}

func lookupGroup(root int, s string) (uint32, error) {
	want, err := parseID("group", s)
	if err != nil || want.numeric {
		return want.number, err
	}
	file, err := open(root, "etc/group")
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return findGroup(file.reader(), want)
}
