package ocispec

import "strings"

// MapFlags choose the ids that exist inside.
type MapFlags struct {
	Userns string   `name:"userns" placeholder:"MODE" help:"Ids inside: auto (you are root, your subordinate ids follow), single (you are root, no other id), keep-id (you stay yourself)."`
	UIDMap []string `name:"uidmap" placeholder:"C:H:N" sep:"none" help:"Map N user ids from C inside to H on the host. May be repeated."`
	GIDMap []string `name:"gidmap" placeholder:"C:H:N" sep:"none" help:"Map N group ids from C inside to H on the host. May be repeated."`
}

// IdentityFlags choose the ids that exist inside and which of them the command has.
type IdentityFlags struct {
	MapFlags
	User     string   `name:"user" short:"u" placeholder:"USER[:GROUP]" help:"Run the command as this user of the rootfs, by name or number."`
	GroupAdd []string `name:"group-add" placeholder:"GROUP" sep:"none" help:"Add a supplementary group, by name or number; keep-groups keeps yours. May be repeated."`
}

func (f *IdentityFlags) apply(b *build) error {
	mode, err := f.MapFlags.Mode(b.extra.HostRoot)
	if err != nil {
		return err
	}
	b.extra.Userns, b.extra.UIDMaps, b.extra.GIDMaps = mode, f.UIDMap, f.GIDMap
	b.asksIDs = f.Userns != "" && f.Userns != "auto" || len(f.UIDMap)+len(f.GIDMap) > 0

	b.extra.User = f.User
	if f.User == "" && mode != "keep-id" { // who stays himself is not the image's user, as with podman
		b.extra.User = b.image().User
	}
	if uid, gid, ok := numericUser(b.extra.User); ok {
		b.spec.Process.User.UID, b.spec.Process.User.GID = uid, gid
	}
	for _, group := range f.GroupAdd {
		switch {
		case group == "":
			return bad("--group-add", group, "write a group's name or number, or keep-groups")
		case group == "keep-groups" && len(f.GroupAdd) > 1:
			return bad("--group-add", group, "it leaves your groups as they are, so no other group can be added beside it")
		case group == "keep-groups":
			b.extra.KeepGroups = true
		default:
			b.extra.GroupAdd = append(b.extra.GroupAdd, group)
		}
	}
	return nil
}

// Mode is the choice that the flags make: "auto", "single", "keep-id", or "custom" when maps are given. Without any flag it
// is "auto", and "keep-id" on the host's own root, where nothing belongs to container root.
func (f *MapFlags) Mode(hostRoot bool) (string, error) {
	maps := append(append([]string(nil), f.UIDMap...), f.GIDMap...)
	switch {
	case f.Userns != "" && len(maps) > 0:
		return "", bad("--userns", f.Userns, "--uidmap and --gidmap already say which ids there are; give one or the other")
	case len(maps) > 0:
		return "custom", nil
	case f.Userns == "" && hostRoot:
		return "keep-id", nil
	case f.Userns == "":
		return "auto", nil
	case f.Userns == "auto" || f.Userns == "single" || f.Userns == "keep-id":
		return f.Userns, nil
	case f.Userns == "host":
		return "", bad("--userns", f.Userns, "without root there is no container without a user namespace; keep-id keeps your own ids inside")
	case strings.HasPrefix(f.Userns, "keep-id:") || strings.HasPrefix(f.Userns, "auto:"):
		return "", bad("--userns", f.Userns, "urun has no options after the colon; --uidmap and --gidmap write the map itself")
	}
	return "", bad("--userns", f.Userns, "there is auto, single and keep-id; --uidmap and --gidmap write the map itself")
}

// numericUser reads UID or UID:GID. Everything else, odd numbers among it, is left to whoever reads the rootfs's passwd.
func numericUser(s string) (uid, gid uint32, ok bool) {
	u, g, both := strings.Cut(s, ":")
	if uid, ok = parseID(u); !ok || !both {
		return uid, 0, ok
	}
	gid, ok = parseID(g)
	return uid, gid, ok
}

// parseID reads a decimal id without sign or leading zero. 4294967295 is no id: setresuid(2) takes it for "leave unchanged".
func parseID(s string) (uint32, bool) {
	if s == "" || len(s) > 10 || (s[0] == '0' && len(s) > 1) {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return uint32(n), n < 1<<32-1
}
