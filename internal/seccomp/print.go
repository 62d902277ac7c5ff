package seccomp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Group are the calls that a policy deals with alike.
type Group struct {
	Then  string   `json:"then"` // what becomes of them: the rules about them, in words
	Calls []string `json:"calls"`
}

// Groups is the policy for reading: every call of the architecture once, the most common fate first.
func (p *Policy) Groups(arch string) ([]Group, error) {
	about, err := p.about(arch)
	if err != nil {
		return nil, err
	}
	var list []Group
	at := map[string]int{}
	for nr, name := range names(arch) {
		then := p.fate(about[nr])
		i, known := at[then]
		if !known {
			i = len(list)
			at[then], list = i, append(list, Group{Then: then})
		}
		list[i].Calls = append(list[i].Calls, name)
	}
	for i := range list {
		slices.Sort(list[i].Calls)
	}
	slices.SortStableFunc(list, func(a, b Group) int { return len(b.Calls) - len(a.Calls) })
	return append(list, Group{p.Unknown.String(), []string{"a number without a name"}}), nil
}

// fate is what rules say, in their order.
func (p *Policy) fate(rules []*Rule) string {
	var parts []string
	for _, r := range rules {
		if len(r.When) == 0 {
			return strings.Join(append(parts, r.Action.String()), ", else ")
		}
		conds := make([]string, len(r.When))
		for i, c := range r.When {
			conds[i] = c.String()
		}
		part := r.Action.String() + " if " + strings.Join(conds, " and ")
		if r.Reason != "" {
			part += " (" + r.Reason + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(append(parts, p.Default.String()), ", else ")
}

var opSigns = [...]string{Equal: "==", NotEqual: "!=", Less: "<", LessEqual: "<=", Greater: ">", GreaterEqual: ">="}

// String is the condition as C has it; the arguments are counted from 0.
func (c Cond) String() string {
	arg := "arg" + strconv.Itoa(int(c.Arg))
	if c.Op == MaskedEqual {
		return fmt.Sprintf("%s & %#x == %#x", arg, c.Mask, c.Value&c.Mask)
	}
	return fmt.Sprintf("%s %s %#x", arg, opSigns[c.Op], c.Value)
}

// String is what the caller of the system call sees.
func (a Action) String() string {
	data := syscall.Errno(a & unix.SECCOMP_RET_DATA)
	switch a &^ unix.SECCOMP_RET_DATA {
	case Allow:
		return "allowed"
	case Log:
		return "allowed and logged"
	case KillProcess:
		return "kills the process"
	case KillThread:
		return "kills the thread"
	case Trap:
		return "SIGSYS"
	case unix.SECCOMP_RET_ERRNO:
		if name := unix.ErrnoName(data); name != "" {
			return name
		}
		return "errno " + strconv.Itoa(int(data))
	case unix.SECCOMP_RET_TRACE:
		return "told to a tracer, without one ENOSYS"
	}
	return fmt.Sprintf("%#x", uint32(a))
}

// Name is the name of a call of an architecture, or its number.
func Name(arch string, trap uintptr) string {
	for nr, name := range names(arch) {
		if uintptr(nr) == trap {
			return name
		}
	}
	return "system call " + strconv.Itoa(int(trap))
}
