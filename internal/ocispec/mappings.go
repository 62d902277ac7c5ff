package ocispec

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// applyMappings puts the maps into a specification with a user namespace of its own, and makes its mounts fit them.
func applyMappings(spec *specs.Spec, facts Facts) error {
	l := spec.Linux
	if facts.UIDMappings != nil {
		l.UIDMappings = facts.UIDMappings
	}
	if facts.GIDMappings != nil {
		l.GIDMappings = facts.GIDMappings
	}
	if len(l.UIDMappings) == 0 || len(l.GIDMappings) == 0 {
		return errors.New("linux.uidMappings and linux.gidMappings are missing: a user namespace needs both")
	}
	return fitMappings(spec, facts, l.UIDMappings, l.GIDMappings)
}

// fitMappings makes the mounts of a specification fit the ids that exist inside.
func fitMappings(spec *specs.Spec, facts Facts, uids, gids []specs.LinuxIDMapping) error {
	if facts.Extra != nil && !facts.OtherRoot { // a config.json says it itself
		protect(spec.Linux, uids)
	}
	user := spec.Process.User
	if err := checkMapped("user", user.UID, uids, moreIDs); err != nil {
		return err
	}
	for _, gid := range append([]uint32{user.GID}, user.AdditionalGids...) {
		if err := checkMapped("group", gid, gids, moreIDs); err != nil {
			return err
		}
	}
	for i := range spec.Mounts {
		m := &spec.Mounts[i]
		switch m.Type {
		case "devpts":
			// EINVAL with a group that is not mapped, and with one id the tty group is not.
			if !mapped(5, gids) {
				m.Options = slices.DeleteFunc(slices.Clone(m.Options), func(o string) bool { return o == "gid=5" })
			}
		case "tmpfs":
			owner := specs.User{}
			if facts.Extra != nil && m.Destination == facts.Extra.RuntimeDir {
				owner = user
			}
			m.Options = ownedBy(m.Options, owner, user, uids, gids)
		}
	}
	return nil
}

// ownedBy says to whom a tmpfs belongs, or it would be the one who mounts it: owner where these ids are mapped, else the user.
func ownedBy(options []string, owner, user specs.User, uids, gids []specs.LinuxIDMapping) []string {
	uid, gid := owner.UID, owner.GID
	if !mapped(uid, uids) {
		uid = user.UID
	}
	if !mapped(gid, gids) {
		gid = user.GID
	}
	options = slices.Clone(options)
	for _, id := range []struct {
		option string
		n      uint32
	}{{"uid=", uid}, {"gid=", gid}} {
		if !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, id.option) }) {
			options = append(options, id.option+strconv.FormatUint(uint64(id.n), 10))
		}
	}
	return options
}

func mapped(id uint32, maps []specs.LinuxIDMapping) bool {
	for _, m := range maps {
		if id >= m.ContainerID && id-m.ContainerID < m.Size {
			return true
		}
	}
	return false
}

// What helps against an id that does not exist: in a container that is started, and in one that runs.
const (
	moreIDs  = "choose one of them, or more ids (/etc/subuid, /etc/subgid, --uidmap, --gidmap)"
	theseIDs = "choose one of them; which there are was decided when the container started"
)

// checkMapped refuses an id that does not exist inside: setresuid(2) and setresgid(2) would say no more than EINVAL.
func checkMapped(kind string, id uint32, maps []specs.LinuxIDMapping, help string) error {
	if mapped(id, maps) {
		return nil
	}
	there := make([]string, 0, len(maps))
	for _, m := range maps {
		first := strconv.FormatUint(uint64(m.ContainerID), 10)
		if m.Size > 1 {
			first += "-" + strconv.FormatUint(uint64(m.ContainerID)+uint64(m.Size)-1, 10)
		}
		there = append(there, first)
	}
	return errors.New(kind + " " + strconv.FormatUint(uint64(id), 10) + " does not exist inside, where the ids are " + strings.Join(there, ", ") + ": " + help)
}
