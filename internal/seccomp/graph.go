package seccomp

import "golang.org/x/sys/unix"

// node is an instruction that names those that may follow it.
type node struct {
	code uint16
	k    uint32
	in   state // what the accumulator holds before it; of a comparison and what leads to one
	t, f *node // a jump's two ways; t alone is what follows
}

// state is what the accumulator holds: a word of seccomp_data, and which bits of it.
type state struct {
	offset uint32
	masked bool
	mask   uint32
}

// graph has each instruction once: equal ones with the same state and the same ways on are one, however many calls lead
// to them. So calls that are dealt with alike share their code, and lie in one range.
type graph map[node]*node

func (g graph) node(n node) *node {
	if have := g[n]; have != nil {
		return have
	}
	g[n] = &n
	return &n
}

func (g graph) ret(a Action) *node {
	return g.node(node{code: unix.BPF_RET | unix.BPF_K, k: uint32(a)})
}

func (g graph) load(offset uint32, then *node) *node {
	if then.code&7 == unix.BPF_RET {
		return then // whatever the word is
	}
	return g.node(node{code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, k: offset, t: then})
}

func (g graph) jump(op uint16, k uint32, in state, t, f *node) *node {
	t, f = loaded(in, t), loaded(in, f)
	if t == f {
		return t
	}
	return g.node(node{code: unix.BPF_JMP | op | unix.BPF_K, k: k, in: in, t: t, f: f})
}

// loaded is n, or what follows it where it loads the word that the accumulator has.
func loaded(in state, n *node) *node {
	if n.code == unix.BPF_LD|unix.BPF_W|unix.BPF_ABS && n.k == in.offset && !in.masked {
		return n.t
	}
	return n
}

// cond goes to t where a condition holds, and to f where it does not. A comparison of 64 bits is one of the high halves, and
// where they are equal, or are not compared, one of the low halves.
func (g graph) cond(c Cond, t, f *node) *node {
	switch c.Op {
	case NotEqual:
		return g.equal(c.Arg, c.Value, ^uint64(0), f, t)
	case Less:
		return g.greater(c.Arg, c.Value, unix.BPF_JGE, f, t)
	case LessEqual:
		return g.greater(c.Arg, c.Value, unix.BPF_JGT, f, t)
	case Greater:
		return g.greater(c.Arg, c.Value, unix.BPF_JGT, t, f)
	case GreaterEqual:
		return g.greater(c.Arg, c.Value, unix.BPF_JGE, t, f)
	case MaskedEqual:
		return g.equal(c.Arg, c.Value&c.Mask, c.Mask, t, f)
	}
	return g.equal(c.Arg, c.Value, ^uint64(0), t, f)
}

func (g graph) equal(arg uint8, value, mask uint64, t, f *node) *node {
	low := g.half(lowOf(arg), uint32(value), uint32(mask), t, f)
	return g.half(lowOf(arg)+4, uint32(value>>32), uint32(mask>>32), low, f)
}

// half compares 32 bits.
func (g graph) half(offset, value, mask uint32, t, f *node) *node {
	switch mask {
	case 0:
		return t
	case ^uint32(0):
		return g.load(offset, g.jump(unix.BPF_JEQ, value, state{offset: offset}, t, f))
	}
	compare := g.jump(unix.BPF_JEQ, value, state{offset, true, mask}, t, f)
	if compare == t || compare == f {
		return compare
	}
	and := g.node(node{code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, k: mask, in: state{offset: offset}, t: compare})
	return g.load(offset, and)
}

// greater compares the low halves by op where the high ones are equal.
func (g graph) greater(arg uint8, value uint64, op uint16, t, f *node) *node {
	high := state{offset: lowOf(arg) + 4}
	low := g.load(lowOf(arg), g.jump(op, uint32(value), state{offset: lowOf(arg)}, t, f))
	same := g.jump(unix.BPF_JEQ, uint32(value>>32), high, low, f)
	return g.load(high.offset, g.jump(unix.BPF_JGT, uint32(value>>32), high, t, same))
}

func lowOf(arg uint8) uint32 { return argsOffset + 8*uint32(arg) }
