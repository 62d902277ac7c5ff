package userns

import "github.com/opencontainers/runtime-spec/specs-go"

// Host is everything a choice depends on. [Probe] fills all of it but Name and
// the subordinate ids.
type Host struct {
	UID, GID uint32   // effective
	Groups   []uint32 // supplementary

	// Name is the caller's login name for messages, empty when there is none.
	Name           string
	SubUID, SubGID Subordinate

	NewUIDMap, NewGIDMap Helper

	// Effective capabilities in the current user namespace. SetFCap is what mapping
	// its id 0 takes since Linux 5.12, kernel commit db2e718a4798 ("capabilities:
	// require CAP_SETFCAP to map uid 0").
	SetUID, SetGID, SetFCap bool
	NoNewPrivs              bool
	// SysAdminBound: CAP_SYS_ADMIN is in the bounding set, so that a set-user-ID
	// program can get it.
	SysAdminBound bool

	// UIDMap and GIDMap are the current user namespace's own maps: their container
	// ids are all the ids that exist here, and a line of a new map may not span two
	// of their lines. Empty stands for all ids.
	UIDMap, GIDMap []specs.LinuxIDMapping
}

// Range is Count ids from Start on. It is an alias of a plain struct so that
// packages can hand ranges on without importing each other.
type Range = struct{ Start, Count uint32 }

// Subordinate is what looking up the caller's subordinate ids gave.
type Subordinate struct {
	Ranges []Range
	Source string // where they were looked for: "/etc/subuid"
	Err    error
}

// Helper is newuidmap(1) or newgidmap(1) as found.
type Helper struct {
	Name   string // "newuidmap"
	Path   string // absolute; empty when it is not there
	Setuid bool   // it has its privilege from the set-user-ID bit, not from a file capability

	// Why it cannot be used, in words, and Fix, what Who can do about it. Empty: as
	// far as can be seen it can.
	Why, Fix, Who string
}

// Usable says whether trying the helper makes sense.
func (h Helper) Usable() bool { return h.Path != "" && h.Why == "" }

// everything is the map of the initial user namespace.
var everything = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 1<<32 - 1}}

func orEverything(maps []specs.LinuxIDMapping) []specs.LinuxIDMapping {
	if len(maps) == 0 {
		return everything
	}
	return maps
}
