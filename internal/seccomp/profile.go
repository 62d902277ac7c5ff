package seccomp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Profile is what podman and docker keep policies in: the OCI specification's rules, with conditions on the machine and on
// the container's capabilities.
type Profile struct {
	specs  specs.LinuxSeccomp // all but the rules
	family [][]specs.Arch     // an architecture and those that its machines run besides; none: any
	rules  []profileRule
}

type profileRule struct {
	specs.LinuxSyscall
	includes, excludes filter
}

// filter is on which machines and for which containers a rule is, or is not.
type filter struct {
	Caps      []string `json:"caps"`
	Arches    []string `json:"arches"` // in Go's words, as far as this package knows them
	MinKernel release  `json:"minKernel"`
}

// document is a profile as it is written.
type document struct {
	DefaultAction    specs.LinuxSeccompAction `json:"defaultAction"`
	DefaultErrnoRet  *uint                    `json:"defaultErrnoRet"`
	DefaultErrno     string                   `json:"defaultErrno"`
	Architectures    []specs.Arch             `json:"architectures"`
	ArchMap          []json.RawMessage        `json:"archMap"`
	Flags            []specs.LinuxSeccompFlag `json:"flags"`
	ListenerPath     string                   `json:"listenerPath"`
	ListenerMetadata string                   `json:"listenerMetadata"`
	Syscalls         []json.RawMessage        `json:"syscalls"`
}

// ParseProfile reads a profile. What it does not know is an error, and so is what is said twice: a rule that is not
// understood may be the one that somebody relies on. Errors name the entry, as in syscalls[3].args[0].op.
func ParseProfile(data []byte) (*Profile, error) {
	var d document
	if err := strict(data, &d); err != nil {
		return nil, errors.New(strings.TrimLeft(err.Error(), ".: "))
	}
	if err := saidOnce(data); err != nil {
		return nil, err
	}
	errno, err := errnoOf(d.DefaultErrno, d.DefaultErrnoRet)
	if err != nil {
		return nil, fmt.Errorf("defaultErrno %w", err)
	}
	p := &Profile{specs: specs.LinuxSeccomp{DefaultAction: d.DefaultAction, DefaultErrnoRet: errno, Flags: d.Flags,
		ListenerPath: d.ListenerPath, ListenerMetadata: d.ListenerMetadata}}
	// The rest of what can be wrong with these words is known where they are translated.
	if _, err := FromSpec(&p.specs); err != nil {
		return nil, err
	}
	if err := p.setArchitectures(&d); err != nil {
		return nil, err
	}
	for i, raw := range d.Syscalls {
		r, err := parseRule(raw)
		if err != nil {
			return nil, at(fmt.Sprintf("syscalls[%d]", i), err)
		}
		p.rules = append(p.rules, r)
	}
	return p, nil
}

func (p *Profile) setArchitectures(d *document) error {
	if len(d.Architectures) > 0 && len(d.ArchMap) > 0 {
		return errors.New("architectures and archMap: a profile has one of them")
	}
	for i, a := range d.Architectures {
		if err := checkArch(a); err != nil {
			return fmt.Errorf("architectures[%d] %w", i, err)
		}
		p.family = append(p.family, []specs.Arch{a})
	}
	for i, raw := range d.ArchMap {
		entry := fmt.Sprintf("archMap[%d]", i)
		var m struct {
			Architecture     specs.Arch   `json:"architecture"`
			SubArchitectures []specs.Arch `json:"subArchitectures"`
		}
		if err := strict(raw, &m); err != nil {
			return at(entry, err)
		}
		family := append([]specs.Arch{m.Architecture}, m.SubArchitectures...)
		for _, a := range family {
			if err := checkArch(a); err != nil {
				return fmt.Errorf("%s: %w", entry, err)
			}
		}
		if slices.ContainsFunc(p.family, func(f []specs.Arch) bool { return f[0] == m.Architecture }) {
			return fmt.Errorf("%s.architecture %q: it has been before", entry, m.Architecture)
		}
		p.family = append(p.family, family)
	}
	return nil
}
