package seccomp

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Filter is a program of classic BPF over struct seccomp_data, as the kernel takes it.
type Filter []unix.SockFilter

// Where struct seccomp_data has what a filter looks at. The two halves of an argument lie as on a little-endian machine.
const (
	numberOffset = 0
	archOffset   = 4
	argsOffset   = 16
)

// auditArch are the values of seccomp_data.arch by GOARCH.
func auditArch(arch string) (uint32, error) {
	switch arch {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, nil
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, nil
	}
	return 0, fmt.Errorf("there are no system call filters for %s", arch)
}

// Compile writes the filter of a policy for the architecture arch, "amd64" or "arm64". A call of another architecture,
// which a 64-bit process can make too, has other numbers: it ends the process.
//
// The filter looks a number up by comparing it with the middle of the ranges that are left, and at the arguments only of
// calls with conditions: so the kernel can tell which calls are always allowed, and does not run it for those (kernel commit
// 8e01b51a31a1, "seccomp/cache: Add \"emulator\" to check if filter is constant allow").
func Compile(p *Policy, arch string) (Filter, error) {
	audit, err := auditArch(arch)
	if err != nil {
		return nil, err
	}
	g := graph{}
	ranges, err := g.ranges(p, arch)
	if err != nil {
		return nil, err
	}
	number := g.load(numberOffset, g.tree(ranges))
	start := g.load(archOffset, g.jump(unix.BPF_JEQ, audit, state{offset: archOffset}, number, g.ret(KillProcess)))
	filter := assemble(start)
	if len(filter) > unix.BPF_MAXINSNS {
		return nil, fmt.Errorf("the filter would have %d instructions, and the kernel takes %d", len(filter), unix.BPF_MAXINSNS)
	}
	return filter, nil
}

// span is a range of numbers, from first to the next range's, that are dealt with alike.
type span struct {
	first uint32
	then  *node
}

// ranges are all numbers, in order.
func (g graph) ranges(p *Policy, arch string) ([]span, error) {
	about, err := p.about(arch)
	if err != nil {
		return nil, err
	}
	unknown := g.ret(p.Unknown)
	spans := []span{{0, unknown}}
	add := func(first uint32, then *node) {
		switch last := &spans[len(spans)-1]; {
		case last.first == first:
			last.then = then
		case last.then != then:
			spans = append(spans, span{first, then})
		}
	}
	next := uint32(0)
	for nr := range names(arch) {
		n := uint32(nr)
		if n > next {
			add(next, unknown)
		}
		add(n, g.decide(about[nr], p.Default))
		next = n + 1
	}
	add(next, unknown)
	if arch == "amd64" { // the calls of x32 again, by numbers that no profile names
		add(1<<30, g.ret(notImplemented))
		add(1<<32-1, unknown) // a tracer's skipped call
	}
	return spans, nil
}

// about are the rules about each number of the architecture.
func (p *Policy) about(arch string) (map[int][]*Rule, error) {
	about := make(map[int][]*Rule, 512)
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, c := range r.When {
			if c.Arg > 5 || c.Op > MaskedEqual {
				return nil, fmt.Errorf("a condition on argument %d of %v with comparison %d: a system call has arguments 0 to 5", c.Arg, r.Calls, c.Op)
			}
		}
		for _, name := range r.Calls {
			if nr, ok := number(arch, name); ok {
				about[nr] = append(about[nr], r)
			}
		}
	}
	return about, nil
}

// decide is what the first of the rules that applies does.
func (g graph) decide(rules []*Rule, otherwise Action) *node {
	n := g.ret(otherwise)
	for _, r := range slices.Backward(rules) {
		then := g.ret(r.Action)
		for _, c := range slices.Backward(r.When) {
			then = g.cond(c, then, n)
		}
		n = then
	}
	return n
}

// tree looks a number up among ranges, the first of which begins at or below it.
func (g graph) tree(spans []span) *node {
	if len(spans) == 1 {
		return spans[0].then
	}
	mid := len(spans) / 2
	return g.jump(unix.BPF_JGE, spans[mid].first, state{offset: numberOffset}, g.tree(spans[mid:]), g.tree(spans[:mid]))
}
