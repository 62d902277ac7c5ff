package container

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

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
	who.UID, who.GID = l.defaultIDs()
	who.home = "/root"
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
