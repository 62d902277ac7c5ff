package ladder

import (
	"strings"
	"syscall"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// Answer is what is known about a question.
type Answer int

// The answers. What nobody has asked about counts as no obstacle.
const (
	Unknown Answer = iota
	Yes
	No
)

// AnswerOf is an answer that is known.
func AnswerOf(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// Host is what was found on a machine: nothing but data.
type Host struct {
	Kernel string // the release, such as 6.12.0-1-amd64; "": not known
	Within string // the kind of container that urun itself is in: urun, podman, docker, kubernetes …; "" for none

	Guards Guards      // over new namespaces
	IDs    userns.Host // what the id maps depend on
	Helper error       // how newuidmap or newgidmap failed when they were tried: a *userns.HelperError
	Mapped error       // why the kernel took no map at all

	Init error // why urun's init, a memfd, cannot be executed; nil: it can, or nobody tried

	Proc, Sys Answer // a new one may be mounted where the container has the namespaces for it
	CgroupNS  Answer // a new cgroup namespace may be made
	Guarded   Answer // the sysctl can be set that keeps the caller's cgroup from a container
	Opened    Answer // the sysctls of its network can be set

	Network network.HostFacts
	Failed  []Failure // drivers that were tried

	Cgroups Cgroups

	Runtime string // why records cannot be where XDG_RUNTIME_DIR says; "": they can

	MountPoints Answer   // the root can be written as far as mount points are missing
	Writes      string   // why what is written to an image's root cannot be on the disk; "": it can, or nobody tried
	NoOverlay   string   // why the layers of an image cannot be put together; "": they can, or nobody tried
	ReadOnly    []string // directories of the host whose file systems cannot be the lower layer of an overlay
	Named       Answer   // sethostname(2) is allowed in a namespace of one's own
	Keys        Answer   // a new session keyring may be made
	Landlock    landlock.Kernel
	Layers      Answer // one more layer of it may be made: there may be sixteen within each other
}

// Guards are those who can refuse new namespaces, as they show. The kernel has one errno
// for several of them.
type Guards struct {
	Errno     syscall.Errno     // with which new namespaces were refused; 0: they were not
	Powerless Answer            // a new user namespace is made, and then gives no capability
	Filter    Answer            // a seccomp filter refuses them: it answers also where the kernel would have said EINVAL
	Seccomp   bool              // a filter is in force
	Chroot    Answer            // the caller's root is not a mount's
	Label     string            // /proc/self/attr/current: AppArmor's profile, or SELinux's context
	Sysctls   map[string]string // those of Sysctls() that exist
}

// Restricted tells whether AppArmor takes every capability from the user namespaces that urun makes. With the profile that
// gives them back, which is called urun, a refusal has another cause.
func (g Guards) Restricted() bool {
	return g.Sysctls[appArmorRestricts] == "1" && !strings.HasPrefix(g.Label, "urun (")
}

// Sysctls are those that decide on new namespaces.
func Sysctls() []string {
	list := []string{unprivilegedClone, appArmorRestricts}
	for _, kind := range kinds {
		list = append(list, "user.max_"+kind+"_namespaces")
	}
	return list
}

const (
	unprivilegedClone = "kernel.unprivileged_userns_clone" // Debian's
	appArmorRestricts = "kernel.apparmor_restrict_unprivileged_userns"
)

// kinds are the kinds of namespaces that a container has, as their sysctls name them.
var kinds = []string{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup"}

// Failure is how a network driver failed that was tried.
type Failure struct {
	Mode network.Mode
	Err  error
}

// Cgroups is what limits depend on.
type Cgroups struct {
	cgroup2.Host
	Bus       error    // why the user's systemd cannot be reached; nil: it can, or nobody tried
	Direct    error    // why no cgroup can be made by hand; nil: one can, or nobody tried
	Delegated []string // the controllers that limits can be set with; nil: not known
	Lacks     []string // files that the kernel does not have, such as memory.swap.max
	Scope     error    // why systemd, which answers, made no scope
	Lingers   Answer   // the user's systemd stays when the user has logged out
}
