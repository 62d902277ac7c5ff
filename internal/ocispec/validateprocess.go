package ocispec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func validateProcess(spec *specs.Spec) error {
	p := spec.Process
	switch {
	case p.Args[0] == "":
		return bad("process.args", "", "the command is empty")
	case p.Cwd[0] != '/' || hasNUL(p.Cwd):
		return bad("process.cwd", p.Cwd, "write an absolute path")
	case p.OOMScoreAdj != nil && (*p.OOMScoreAdj < -1000 || *p.OOMScoreAdj > 1000):
		return bad("process.oomScoreAdj", strconv.Itoa(*p.OOMScoreAdj), "it is between -1000 and 1000")
	case p.User.Umask != nil && *p.User.Umask > 0o777:
		return bad("process.user.umask", strconv.FormatUint(uint64(*p.User.Umask), 8), "it is at most 777, in octal")
	}
	for _, arg := range p.Args {
		if hasNUL(arg) {
			return bad("process.args", arg, "a NUL, where the argument would end")
		}
	}
	for _, entry := range p.Env {
		if name, _, ok := strings.Cut(entry, "="); !ok || name == "" || hasNUL(entry) {
			return bad("process.env", entry, "write NAME=VALUE, without NUL")
		}
	}
	if err := validateIDs(p.User); err != nil {
		return err
	}
	if err := validateRlimits(p.Rlimits); err != nil {
		return err
	}
	return validateCaps(p.Capabilities)
}

// validateIDs refuses 4294967295, which setresuid(2) and setgroups(2) take for "leave unchanged" or refuse.
func validateIDs(u specs.User) error {
	for _, id := range append([]uint32{u.UID, u.GID}, u.AdditionalGids...) {
		if id == 1<<32-1 {
			return bad("process.user", "4294967295", "it is not an id")
		}
	}
	return nil
}

func validateRlimits(limits []specs.POSIXRlimit) error {
	seen := make(map[string]bool, len(limits))
	for _, l := range limits {
		short, ok := strings.CutPrefix(l.Type, "RLIMIT_")
		switch {
		case !ok || !slices.Contains(rlimitNames, strings.ToLower(short)) || strings.ToUpper(short) != short:
			return bad("process.rlimits", l.Type, "no such limit (getrlimit(2))")
		case seen[l.Type]:
			return bad("process.rlimits", l.Type, "it is there twice")
		case l.Soft > l.Hard:
			return bad("process.rlimits", l.Type, "the soft limit is above the hard one")
		}
		seen[l.Type] = true
	}
	return nil
}

func validateCaps(c *specs.LinuxCapabilities) error {
	if c == nil {
		return nil
	}
	for _, set := range []struct {
		field string
		names []string
	}{
		{"bounding", c.Bounding}, {"effective", c.Effective}, {"inheritable", c.Inheritable}, {"permitted", c.Permitted}, {"ambient", c.Ambient},
	} {
		for _, name := range set.names {
			if !slices.Contains(allCaps, name) {
				return bad("process.capabilities."+set.field, name, "no such capability (capabilities(7))")
			}
		}
	}
	for _, rule := range []struct {
		field       string
		names, need []string
		what        string
	}{
		{"effective", c.Effective, c.Permitted, "permitted"},
		{"ambient", c.Ambient, c.Permitted, "permitted"},
		{"ambient", c.Ambient, c.Inheritable, "inheritable"},
	} {
		for _, name := range rule.names {
			if !slices.Contains(rule.need, name) {
				return bad("process.capabilities."+rule.field, name, "it is not "+rule.what+" (capabilities(7))")
			}
		}
	}
	return nil
}
