package users

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// maxGroups is what setgroups(2) takes.
const maxGroups = 65536

// User is who a command runs as. Name, Home and Shell are empty when passwd does
// not say; the latter two are absolute paths otherwise.
type User struct {
	UID, GID          uint32
	Groups            []uint32 // supplementary, sorted
	Name, Home, Shell string
}

// Resolve finds the user that spec asks for in the forms the package comment
// lists. passwd and group are the rootfs's files, nil when they do not exist.
func Resolve(passwd, group io.Reader, spec string) (User, error) {
	user, asked, err := parseSpec(spec)
	if err != nil {
		return User{}, err
	}
	found, err := findUser(passwd, user)
	if err != nil {
		return User{}, err
	}
	if asked != nil {
		found.GID, err = findGroup(group, *asked)
	} else if found.Name != "" {
		found.Groups, err = memberships(group, found.Name)
	}
	if err != nil {
		return User{}, err
	}
	return found, nil
}

// findUser reads lines name:password:uid:gid:comment:home:shell. Small images leave
// out the end of them.
func findUser(passwd io.Reader, want id) (User, error) {
	u := User{UID: want.number}
	found := false
	err := readLines("passwd", passwd, func(n int, line []byte) (bool, error) {
		var name, password, uid, gid, comment, home, shell []byte
		parts := cut(line, &name, &password, &uid, &gid, &comment, &home, &shell)
		nr, bad := number(uid)
		if len(name) == 0 || want.numeric && (bad != nil || nr != want.number) || !want.numeric && string(name) != want.name {
			return false, nil
		}
		if parts < 4 {
			return true, fmt.Errorf("line %d ends before the gid", n)
		}
		if bad != nil {
			return true, fmt.Errorf("line %d: uid %s %w", n, quote(string(uid)), bad)
		}
		g, err := number(gid)
		if err != nil {
			return true, fmt.Errorf("line %d: gid %s %w", n, quote(string(gid)), err)
		}
		u = User{UID: nr, GID: g, Name: string(name), Home: path(home), Shell: path(shell)}
		found = true
		return true, nil
	})
	if err != nil {
		return User{}, err
	}
	if !found && !want.numeric {
		return User{}, unknown("user", want.name, "passwd", passwd)
	}
	return u, nil
}

// path takes an absolute path that can be an argument or in the environment.
func path(b []byte) string {
	if len(b) == 0 || b[0] != '/' || bytes.IndexFunc(b, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 {
		return ""
	}
	return string(b)
}

// findGroup reads lines name:password:gid:members.
func findGroup(group io.Reader, want id) (uint32, error) {
	if want.numeric {
		return want.number, nil
	}
	var gid uint32
	found := false
	err := readLines("group", group, func(n int, line []byte) (bool, error) {
		var name, password, nr, members []byte
		parts := cut(line, &name, &password, &nr, &members)
		if string(name) != want.name {
			return false, nil
		}
		if parts < 3 {
			return true, fmt.Errorf("line %d ends before the gid", n)
		}
		var err error
		if gid, err = number(nr); err != nil {
			return true, fmt.Errorf("line %d: gid %s %w", n, quote(string(nr)), err)
		}
		found = true
		return true, nil
	})
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, unknown("group", want.name, "group", group)
	}
	return gid, nil
}

// memberships returns the groups that list the user.
func memberships(group io.Reader, user string) ([]uint32, error) {
	var gids []uint32
	err := readLines("group", group, func(n int, line []byte) (bool, error) {
		var name, password, nr, members []byte
		if cut(line, &name, &password, &nr, &members) < 4 || !lists(members, user) {
			return false, nil
		}
		gid, err := number(nr)
		if err != nil {
			return true, fmt.Errorf("line %d: gid %s %w", n, quote(string(nr)), err)
		}
		if gids = append(gids, gid); len(gids) > maxGroups {
			return true, fmt.Errorf("user %s is in more than %d groups", quote(user), maxGroups)
		}
		return false, nil
	})
	slices.Sort(gids)
	return slices.Compact(gids), err
}

func lists(members []byte, user string) bool {
	for len(members) > 0 {
		var one []byte
		one, members, _ = bytes.Cut(members, []byte{','})
		if string(one) == user {
			return true
		}
	}
	return false
}

func readLines(file string, r io.Reader, do func(n int, line []byte) (bool, error)) error {
	if r == nil {
		return nil
	}
	if err := eachLine(r, do); err != nil {
		return fmt.Errorf("read the rootfs's /etc/%s: %w", file, err)
	}
	return nil
}

func unknown(what, name, file string, r io.Reader) error {
	if r == nil {
		return fmt.Errorf("%s %s is unknown, because the rootfs has no /etc/%s; use a number", what, quote(name), file)
	}
	return fmt.Errorf("%s %s is not in the rootfs's /etc/%s; use a number or one of its names", what, quote(name), file)
}
