package seccomp

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// FromSpec translates the OCI specification's rules, which mean what runc and libseccomp make of them:
//
//   - a rule that does what is done anyway is none;
//   - a rule without conditions goes before all rules with conditions about its calls;
//   - a rule with two conditions on one argument is as many rules as it has conditions: alternatives;
//   - where calls fail by default, those that are newer than all that the profile names fail with ENOSYS: who wrote it did
//     not decide on them, and C libraries go back to older calls only after that.
//
// Of rules with conditions that both hold the first decides; libseccomp promises no order.
func FromSpec(s *specs.LinuxSeccomp) (*Policy, error) { return fromSpec(s, runtime.GOARCH) }

func fromSpec(s *specs.LinuxSeccomp, arch string) (*Policy, error) {
	if s.ListenerPath != "" || s.ListenerMetadata != "" {
		return nil, fmt.Errorf("listenerPath %q: %w", s.ListenerPath, errNotify)
	}
	if _, err := Flags(s); err != nil {
		return nil, err
	}
	if len(s.Architectures) > 0 && !slices.Contains(s.Architectures, archName(arch)) {
		return nil, fmt.Errorf("architectures: the rules are for %v and not for %s", s.Architectures, arch)
	}
	otherwise, err := actionOf(s.DefaultAction, s.DefaultErrnoRet)
	if err != nil {
		return nil, fmt.Errorf("defaultAction %w", err)
	}
	p := &Policy{Default: otherwise, Unknown: otherwise}
	var conditional []Rule
	for i := range s.Syscalls {
		rules, err := rulesOf(&s.Syscalls[i])
		switch {
		case err != nil:
			return nil, fmt.Errorf("syscalls[%d]%w", i, err)
		case rules[0].Action == otherwise:
		case len(rules[0].When) == 0:
			p.Rules = append(p.Rules, rules...)
		default:
			conditional = append(conditional, rules...)
		}
	}
	p.Rules = append(p.Rules, conditional...)
	if s.DefaultAction == specs.ActErrno {
		p.Unknown = notImplemented
		if newer := newerThan(s); len(newer) > 0 && otherwise != notImplemented {
			p.Rules = append(p.Rules, Rule{Calls: newer, Action: notImplemented, Reason: "newer than the profile"})
		}
	}
	return p, nil
}

// rulesOf is one rule, or one for each of its conditions.
func rulesOf(s *specs.LinuxSyscall) ([]Rule, error) {
	if len(s.Names) == 0 || slices.Contains(s.Names, "") {
		return nil, errors.New(".names: a rule is about calls with names")
	}
	action, err := actionOf(s.Action, s.ErrnoRet)
	if err != nil {
		return nil, fmt.Errorf(".action %w", err)
	}
	rule := Rule{Calls: s.Names, Action: action}
	var alternatives []Rule
	var arguments uint
	twice := false
	for i, a := range s.Args {
		c, err := condOf(a)
		if err != nil {
			return nil, fmt.Errorf(".args[%d].%w", i, err)
		}
		twice = twice || arguments&(1<<c.Arg) != 0
		arguments |= 1 << c.Arg
		rule.When = append(rule.When, c)
		alternatives = append(alternatives, Rule{Calls: s.Names, Action: action, When: []Cond{c}})
	}
	if twice {
		return alternatives, nil
	}
	return []Rule{rule}, nil
}

// common is the first number that new calls have in common on all architectures.
const common = 424

// newerThan are the calls with larger numbers than any that the profile names.
func newerThan(s *specs.LinuxSeccomp) []string {
	newest := common - 1
	for i := range s.Syscalls {
		for _, name := range s.Syscalls[i].Names {
			if nr, ok := number("arm64", name); ok {
				newest = max(newest, nr)
			}
		}
	}
	var list []string
	for nr, name := range names("arm64") {
		if nr > newest {
			list = append(list, name)
		}
	}
	return list
}

// Flags are those of seccomp(2) that the specification asks for.
func Flags(s *specs.LinuxSeccomp) (flags uint32, err error) {
	for i, f := range s.Flags {
		switch f {
		case "SECCOMP_FILTER_FLAG_TSYNC":
			flags |= unix.SECCOMP_FILTER_FLAG_TSYNC
		case specs.LinuxSeccompFlagLog:
			flags |= unix.SECCOMP_FILTER_FLAG_LOG
		case specs.LinuxSeccompFlagSpecAllow:
			flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		case specs.LinuxSeccompFlagWaitKillableRecv:
			return 0, fmt.Errorf("flags[%d] %q: %w", i, f, errNotify)
		default:
			return 0, fmt.Errorf("flags[%d] %q: there are SECCOMP_FILTER_FLAG_LOG, _SPEC_ALLOW and _TSYNC", i, f)
		}
	}
	return flags, nil
}
