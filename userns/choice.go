package userns

import "github.com/opencontainers/runtime-spec/specs-go"

// Mode is what a user asks for.
type Mode int

// The modes of --userns, and Custom for a map of the user's own.
const (
	Auto   Mode = iota // the caller is 0, all subordinate ids follow
	Single             // the caller is 0, nothing else
	KeepID             // the caller keeps its ids, the subordinate ids are around them
	Custom             // as Wish says
)

// Wish is what is wanted. The maps are Custom's; when one of them is empty the
// other serves for both.
type Wish struct {
	Mode             Mode
	UIDMaps, GIDMaps []specs.LinuxIDMapping
}

// Method is how the maps are written.
type Method int

// The methods.
const (
	Direct  Method = iota // into the files of /proc
	Helpers               // by newuidmap and newgidmap
)

// The rungs of the ladder, best first.
const (
	RungFull   = "full range"
	RungDirect = "full range, direct"
	RungSingle = "one id"
	RungCustom = "as asked for"
)

// Choice is what will be done.
type Choice struct {
	UIDs, GIDs []specs.LinuxIDMapping
	Method     Method
	// DenySetgroups: the caller may not write gid_map otherwise, and a group that the
	// caller is in to be kept out must not be left (CVE-2014-8989, CVE-2018-7169).
	DenySetgroups bool
	Rung          string
	Lost          []Loss

	NewUIDMap, NewGIDMap Helper // used by Helpers

	mode Mode
	host Host
}
