package seccomp

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func specArg(index uint, op specs.LinuxSeccompOperator, value, two uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Op: op, Value: value, ValueTwo: two}
}

func fails(n uint) *uint { return &n }

// The OCI specification leaves the meaning of several rules about one call to runc and libseccomp.
func TestRulesOfTheSpecification(t *testing.T) {
	call := func(action specs.LinuxSeccompAction, errno *uint, a ...specs.LinuxSeccompArg) specs.LinuxSyscall {
		return specs.LinuxSyscall{Names: []string{"read"}, Action: action, ErrnoRet: errno, Args: a}
	}
	eq := func(index uint, v uint64) specs.LinuxSeccompArg { return specArg(index, specs.OpEqualTo, v, 0) }
	for name, c := range map[string]struct {
		rules    []specs.LinuxSyscall
		attempts []attempt
	}{
		"no rule": {nil, []attempt{{"read", args(), Errno(13)}}},
		"without conditions goes first": {
			[]specs.LinuxSyscall{call(specs.ActErrno, fails(5), eq(0, 1)), call(specs.ActAllow, nil)},
			[]attempt{{"read", args(1), Allow}, {"read", args(2), Allow}}},
		"the first of two without conditions": {
			[]specs.LinuxSyscall{call(specs.ActLog, nil), call(specs.ActAllow, nil)},
			[]attempt{{"read", args(), Log}}},
		"the first of two with conditions": {
			[]specs.LinuxSyscall{call(specs.ActErrno, fails(5), eq(0, 1)), call(specs.ActAllow, nil, eq(1, 1))},
			[]attempt{{"read", args(1, 1), Errno(5)}, {"read", args(0, 1), Allow}, {"read", args(), Errno(13)}}},
		"what is done anyway is no rule": {
			[]specs.LinuxSyscall{call(specs.ActErrno, fails(13)), call(specs.ActAllow, nil, eq(0, 1))},
			[]attempt{{"read", args(1), Allow}, {"read", args(2), Errno(13)}}},
		"but with another errno it is": {
			[]specs.LinuxSyscall{call(specs.ActErrno, nil), call(specs.ActAllow, nil, eq(0, 1))},
			[]attempt{{"read", args(1), Errno(unix.EPERM)}}},
		"both of two arguments": {
			[]specs.LinuxSyscall{call(specs.ActAllow, nil, eq(0, 1), eq(1, 2))},
			[]attempt{{"read", args(1, 2), Allow}, {"read", args(1, 3), Errno(13)}, {"read", args(0, 2), Errno(13)}}},
		"alternatives for one argument": {
			[]specs.LinuxSyscall{call(specs.ActAllow, nil, eq(0, 1), eq(0, 2), eq(1, 7))},
			[]attempt{{"read", args(1), Allow}, {"read", args(2), Allow}, {"read", args(9, 7), Allow}, {"read", args(3), Errno(13)}}},
		"a mask is the value, and masks what it is compared with": {
			[]specs.LinuxSyscall{call(specs.ActAllow, nil, specArg(0, specs.OpMaskedEqual, 0xf0, 0xab))},
			[]attempt{{"read", args(0xa1), Allow}, {"read", args(0xfa0), Allow}, {"read", args(0xb0), Errno(13)}}},
		"comparisons": {
			[]specs.LinuxSyscall{call(specs.ActAllow, nil, specArg(0, specs.OpLessThan, 2, 0)), call(specs.ActLog, nil, specArg(0, specs.OpGreaterThan, 8, 0)),
				call(specs.ActTrap, nil, specArg(0, specs.OpLessEqual, 2, 0)), call(specs.ActKill, nil, specArg(0, specs.OpGreaterEqual, 8, 0)),
				call(specs.ActKillProcess, nil, specArg(1, specs.OpNotEqual, 0, 0)), call(specs.ActKillThread, nil, eq(2, 3)),
				call(specs.ActTrace, fails(9), eq(2, 4)), call(specs.ActTrace, nil, eq(2, 5))},
			[]attempt{{"read", args(1), Allow}, {"read", args(9), Log}, {"read", args(2), Trap}, {"read", args(8), KillThread},
				{"read", args(5, 1), KillProcess}, {"read", args(5, 0, 3), KillThread}, {"read", args(5, 0, 4), Trace(9)},
				{"read", args(5, 0, 5), Trace(1)}, {"read", args(5), Errno(13)}}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := FromSpec(&specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: fails(13), Syscalls: c.rules})
			if err != nil {
				t.Fatal(err)
			}
			check(t, p, c.attempts)
		})
	}
}

// A profile that was written before a call existed did not decide on it, and C libraries go back to an older call after ENOSYS.
func TestCallsNewerThanAProfile(t *testing.T) {
	spec := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{{Names: []string{"read", "openat2"}, Action: specs.ActAllow}}}
	old := []attempt{{"openat2", args(), Allow}, {"clone3", args(), notPermitted}, {"fchmodat2", args(), notImplemented}, {"pidfd_getfd", args(), notImplemented},
		{"mount", args(), notPermitted}}
	for name, c := range map[string]struct {
		change   func()
		attempts []attempt
		unknown  Action
	}{
		"no change":              {func() {}, old, notImplemented},
		"one that is refused":    {func() { spec.Syscalls[0].Names = []string{"fchmodat2"} }, []attempt{{"mseal", args(), notImplemented}, {"clone3", args(), notPermitted}}, notImplemented},
		"an old one only":        {func() { spec.Syscalls[0].Names = []string{"read"} }, []attempt{{"pidfd_send_signal", args(), notImplemented}, {"rseq", args(), notPermitted}}, notImplemented},
		"another default errno":  {func() { spec.DefaultErrnoRet = fails(5) }, []attempt{{"mseal", args(), notImplemented}, {"mount", args(), Errno(5)}}, notImplemented},
		"what is not known dies": {func() { spec.DefaultAction, spec.DefaultErrnoRet = specs.ActKillProcess, nil }, []attempt{{"mseal", args(), KillProcess}}, KillProcess},
		"all else is allowed":    {func() { spec.DefaultAction, spec.DefaultErrnoRet = specs.ActAllow, nil }, []attempt{{"mseal", args(), Allow}}, Allow},
	} {
		t.Run(name, func(t *testing.T) {
			*spec = specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{{Names: []string{"read", "openat2"}, Action: specs.ActAllow}}}
			c.change()
			p, err := FromSpec(spec)
			if err != nil {
				t.Fatal(err)
			}
			if p.Unknown != c.unknown {
				t.Errorf("unknown numbers give %v, want %v", p.Unknown, c.unknown)
			}
			check(t, p, c.attempts)
		})
	}
}

func TestSpecificationsThatAreRefused(t *testing.T) {
	rule := func(r specs.LinuxSyscall) *specs.LinuxSeccomp {
		return &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: specs.ActLog}, r}}
	}
	for _, c := range []struct {
		spec *specs.LinuxSeccomp
		says string
	}{
		{&specs.LinuxSeccomp{}, `defaultAction ""`},
		{&specs.LinuxSeccomp{DefaultAction: specs.ActNotify}, `defaultAction "SCMP_ACT_NOTIFY": urun passes`},
		{&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, ListenerPath: "/x"}, `listenerPath "/x"`},
		{&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{"X"}}, `flags[0] "X"`},
		{&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchS390X}}, `architectures: the rules are for [SCMP_ARCH_S390X]`},
		{&specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: fails(4096)}, `the errno 4096`},
		{rule(specs.LinuxSyscall{Action: specs.ActAllow}), `syscalls[1].names`},
		{rule(specs.LinuxSyscall{Names: []string{"read"}, Action: "X"}), `syscalls[1].action "X"`},
		{rule(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActKill, ErrnoRet: fails(1)}), `syscalls[1].action "SCMP_ACT_KILL" has no errno`},
		{rule(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActKill, Args: []specs.LinuxSeccompArg{{Index: 6, Op: specs.OpEqualTo}}}), `syscalls[1].args[0].index 6`},
		{rule(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActKill, Args: []specs.LinuxSeccompArg{{}}}), `syscalls[1].args[0].op ""`},
	} {
		if p, err := FromSpec(c.spec); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v\ngives %+v, %v\nand should say %s", c.spec, p, err, c.says)
		}
	}
}

func TestFlagsOfTheSpecification(t *testing.T) {
	got, err := Flags(&specs.LinuxSeccomp{Flags: []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow}})
	if want := uint32(unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_LOG | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW); got != want || err != nil {
		t.Errorf("%#x, %v, want %#x", got, err, want)
	}
	if got, err := Flags(&specs.LinuxSeccomp{}); got != 0 || err != nil {
		t.Errorf("%#x, %v", got, err)
	}
}
