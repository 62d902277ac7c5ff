package doctor

import (
	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// Findings are all that was found out about a machine: plain data, so that any machine can be made up.
type Findings struct {
	Self   string // the path of urun's binary
	Within string // the kind of container that urun is in, by its environment; "" for none

	Kernel  Kernel
	Guards  ladder.Guards // but for Errno and Powerless, which Users tell
	Users   Users
	Files   FileSystems
	Cgroups Cgroups
	Network Network
	Dirs    Dirs
	Start   Rehearsal
	Upper   Upper   // of what containers from images write
	Rootfs  *Rootfs // nil: none was named
	Config  Config
}

// Kernel is what the kernel has of what urun uses.
type Kernel struct {
	Release  string
	Calls    []Call
	Killed   *Failure // of making the calls at all: a filter may kill for one
	Exec     *Failure // of executing a memfd
	Filter   *Failure // of a seccomp filter
	Landlock landlock.Kernel
}

// Rehearsal is what came of a start without a rootfs.
type Rehearsal struct {
	Failed  *Failure
	Unnamed bool // no host name can be set
	NoKeys  bool // there can be no more session keyrings
}

// Call is a system call, with what it answered to arguments that make no sense.
type Call struct {
	Name    string
	Missing bool // it does not exist, or a filter says so
	Refused bool // EPERM, which it has no reason of its own for
}

// Users is about user namespaces and ids.
type Users struct {
	Host userns.Host

	Clone *Failure            // of making a user namespace and mapping one id
	Power *Failure            // of using a capability in it
	Kinds map[string]*Failure // of making the other namespaces in it, by their names
	Range *Failure            // of writing the map with all ids; nil also where none was tried

	UIDs, GIDs Subordinates
}

// Subordinates is what else is known of the caller's subordinate ids.
type Subordinates struct {
	Asked     bool // getsubids is there, and was asked
	Answer    userns.Subordinate
	Shared    []string // lines of other users with ids of the caller's
	Malformed []string // lines of other users that nobody can read
}

// FileSystems is what can be mounted in a user namespace.
type FileSystems struct {
	Proc, Sys, Overlay *Failure
	NetSysctls         *Failure // of opening the sysctls of a network namespace
	CgroupSysctl       *Failure // of opening the one that keeps a container from the caller's cgroup; tried without a new /proc
	HidePID            string   // the option of /proc: "2", "invisible"; "" without
}

// Cgroups is where limits come from.
type Cgroups struct {
	Host cgroup2.Host
	Err  error

	Systemd bool     // the user's systemd answers
	Bus     error    // why not
	Version string   // of it
	Managed []string // controllers that its own cgroup has, so that it can give them to a container
	Lingers bool     // it stays when the user logs out
	Direct  *Failure // of making a cgroup by hand; looked at without a systemd
	Dir     string   // where that was
	Own     []string // controllers there
	Owned   bool     // the caller's own cgroup is the caller's, so that root inside may write it
}

// Network is what a network can be made with.
type Network struct {
	Facts    network.HostFacts
	Tap      *Failure          // of making a device in a network namespace
	Versions map[string]string // what a driver's program says of itself, by the program
}

// Dirs are the caller's directories and its account.
type Dirs struct {
	Runtime  Dir    // XDG_RUNTIME_DIR; its Path is empty when it is not set
	Unusable string // why records cannot be there; "": they can
	Records  string // where records of containers go; "" nowhere
	State    Dir    // logs
	Data     Dir    // images
	Home     Dir
	Name     string // of the account; "" without one
}

// Dir is a directory, or if it does not exist the nearest above it that does.
type Dir struct {
	Path     string
	Exists   bool
	Err      error // of looking at it
	Owner    uint32
	Mode     uint32 // permissions
	Writable bool
	Readable bool
	ReadOnly bool // its file system
	NoExec   bool
	Type     string // of its file system
	Free     uint64 // bytes that the caller may use
}

// Rootfs is the directory that was named.
type Rootfs struct {
	Dir
	Empty    bool
	NotDir   bool
	Missing  []string // mount points that it lacks
	Shell    bool     // it has an sh in a directory of the default PATH
	Attach   *Failure // of using it as a root
	Overlay  *Failure // of an overlay on it
	HostRoot bool     // it is /
}

// Config is the file of defaults.
type Config struct {
	Path   string
	Exists bool
	Err    error // of reading it
}
