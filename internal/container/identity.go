package container

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/users"
	"github.com/urun-project/urun/userns"
)

// identity is who the command runs as.
type identity struct {
	specs.User
	home, shell string
}

// user finds out who the command runs as: in the rootfs's own passwd and group,
// which are hostile and only ever read here.
func (l *launch) user() (identity, error) {
	who := identity{User: l.spec.Process.User}
	x := l.opt.Extra
	if x == nil {
		return who, nil
	}
	spec := x.User
	if spec == "" {
		uid, gid := l.defaultIDs()
		spec = utoa(uid) + ":" + utoa(gid)
	}
	root, err := unix.Open(l.rootfs.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return who, &rootfsError{path: l.rootfs.Path, err: err}
	}
	defer unix.Close(root)
	u, err := users.Lookup(root, spec)
	if err != nil {
		return who, err
	}
	who.UID, who.GID, who.AdditionalGids = u.UID, u.GID, u.Groups
	who.home, who.shell = u.Home, u.Shell
	groups, err := users.LookupGroups(root, x.GroupAdd)
	if err != nil {
		return who, err
	}
	for _, gid := range groups {
		if !slices.Contains(who.AdditionalGids, gid) {
			who.AdditionalGids = append(who.AdditionalGids, gid)
		}
	}
	return who, nil
}

// defaultIDs are root's inside, or with keep-id the caller's own.
func (l *launch) defaultIDs() (uid, gid uint32) {
	if l.opt.UserNS.Mode == userns.KeepID {
		return l.host.UID, l.host.GID
	}
	return 0, 0
}

// mapping prints what writes the id maps.
func (l *launch) mapping() []string {
	uids, gids := lines(l.ids.UIDs), lines(l.ids.GIDs)
	if l.ids.Method == userns.Helpers {
		return []string{l.host.NewUIDMap.Path + " PID " + strings.Join(uids, " "), l.host.NewGIDMap.Path + " PID " + strings.Join(gids, " ")}
	}
	list := []string{`write /proc/PID/uid_map "` + strings.Join(uids, "\\n") + `"`, `write /proc/PID/gid_map "` + strings.Join(gids, "\\n") + `"`}
	if l.ids.DenySetgroups {
		list = append([]string{`write /proc/PID/setgroups "deny"`}, list...)
	}
	return list
}

func lines(maps []specs.LinuxIDMapping) []string {
	list := make([]string, len(maps))
	for i, m := range maps {
		list[i] = utoa(m.ContainerID) + " " + utoa(m.HostID) + " " + utoa(m.Size)
	}
	return list
}
