package seccomp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Host is what the rules of a profile depend on.
type Host struct {
	Arch         string   // as Go names it
	Kernel       [2]int   // version and major revision, of uname(2)
	Capabilities []string // the container's bounding set, as "CAP_SYS_ADMIN"
}

// Resolve gives the rules that are for a machine and a container, in the OCI specification's form. A profile that is for
// other architectures than the machine's is an error.
func (p *Profile) Resolve(h Host) (*specs.LinuxSeccomp, error) {
	s := p.specs
	if len(p.family) > 0 {
		for _, family := range p.family {
			if family[0] == archName(h.Arch) {
				s.Architectures = family
			}
		}
		if s.Architectures == nil {
			return nil, fmt.Errorf("architectures: the profile is not for %s", h.Arch)
		}
	}
	for i := range p.rules {
		if p.rules[i].isFor(&h) {
			s.Syscalls = append(s.Syscalls, p.rules[i].LinuxSyscall)
		}
	}
	return &s, nil
}

// isFor tells whether a rule is for a host: all that it includes is there, and nothing that it excludes.
func (r *profileRule) isFor(h *Host) bool {
	has := func(c string) bool { return slices.Contains(h.Capabilities, c) }
	lacks := func(c string) bool { return !has(c) }
	in, out := &r.includes, &r.excludes
	switch {
	case slices.Contains(out.Arches, h.Arch), slices.ContainsFunc(out.Caps, has), out.MinKernel != release{} && out.MinKernel.reached(h.Kernel):
		return false
	case len(in.Arches) > 0 && !slices.Contains(in.Arches, h.Arch):
		return false
	}
	return !slices.ContainsFunc(in.Caps, lacks) && in.MinKernel.reached(h.Kernel)
}

// release is a version of the kernel, such as 4.8; the zero value is none.
type release [2]int

func (r release) reached(kernel [2]int) bool {
	return kernel[0] > r[0] || kernel[0] == r[0] && kernel[1] >= r[1]
}

// UnmarshalText reads "4.8".
func (r *release) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	version, revision, _ := strings.Cut(string(text), ".")
	a, errA := strconv.ParseUint(version, 10, 16)
	b, errB := strconv.ParseUint(revision, 10, 16)
	if errA != nil || errB != nil || a == 0 && b == 0 {
		return fmt.Errorf(".minKernel %q: it takes a version and a revision, as \"4.8\"", text)
	}
	*r = release{int(a), int(b)}
	return nil
}
