package seccomp

import (
	"slices"

	"golang.org/x/sys/unix"
)

// grant is a rule of the default policy and whom it is for.
type grant struct {
	caps   []string // for containers that may have one of these capabilities; none: for all
	nested bool     // for containers that are to hold others; with caps: for those too
	Rule
}

// What the default policy answers. These are constants, so that its tables are no work at a start.
const (
	notPermitted   = unix.SECCOMP_RET_ERRNO | Action(unix.EPERM)
	notImplemented = unix.SECCOMP_RET_ERRNO | Action(unix.ENOSYS)
	noSuchFamily   = unix.SECCOMP_RET_ERRNO | Action(unix.EAFNOSUPPORT)
	noSuchProtocol = unix.SECCOMP_RET_ERRNO | Action(unix.EPROTONOSUPPORT)
)

// Default is urun's own policy for a container whose processes may have these capabilities, as "CAP_SYS_ADMIN": the bounding
// set. A nested container is one that is to hold containers of its own. It allows what is listed. It is no looser than the
// default profiles of podman and docker for the same capabilities; a test compares them.
//
// Calls that newer programs try first get ENOSYS, for which they have something else; EPERM would be the end of them. Two limits
// of seccomp(2) shape it: what a pointer points to is not seen, so clone3(2) is refused altogether, and a
// filter sees 64 bits where the kernel takes an int, so an int is compared by its low word: a higher bit would otherwise be
// a way around a refusal (CVE-2019-10063).
func Default(capabilities []string, nested bool) *Policy {
	p := &Policy{Default: notPermitted, Unknown: notImplemented, Rules: make([]Rule, 0, len(privileged)+len(guarded)+len(ordinary))}
	for _, grants := range [...][]grant{privileged[:], guarded[:], ordinary[:]} {
		for i := range grants {
			if grants[i].holds(capabilities, nested) {
				p.Rules = append(p.Rules, grants[i].Rule)
			}
		}
	}
	return p
}

func (g *grant) holds(capabilities []string, nested bool) bool {
	if len(g.caps) == 0 {
		return nested || !g.nested
	}
	return g.nested && nested || slices.ContainsFunc(g.caps, func(c string) bool { return slices.Contains(capabilities, c) })
}
