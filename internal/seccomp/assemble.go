package seccomp

import (
	"slices"

	"golang.org/x/sys/unix"
)

// assemble puts the instructions in an order in which every jump is a forward one, as the kernel wants them. It writes the
// program from its end: what an instruction leads to is there before it.
func assemble(start *node) Filter {
	a := assembler{at: map[*node]int{}}
	a.place(start)
	slices.Reverse(a.reversed)
	return a.reversed
}

type assembler struct {
	reversed Filter
	at       map[*node]int // how far from the end an instruction is
}

// place writes n, unless it is there.
func (a *assembler) place(n *node) {
	if _, there := a.at[n]; there {
		return
	}
	in := unix.SockFilter{Code: n.code, K: n.k}
	switch n.code & 7 {
	case unix.BPF_RET:
	case unix.BPF_JMP:
		a.place(n.t)
		a.place(n.f)
		// Another jump in between moves what this one skips.
		f := a.near(n.f, 1)
		t := a.near(n.t, 0)
		in.Jt, in.Jf = a.distance(t), a.distance(f)
	default:
		a.place(n.t)
		if a.at[n.t] != len(a.reversed) {
			a.far(n.t)
		}
	}
	a.reversed = append(a.reversed, in)
	a.at[n] = len(a.reversed)
}

// near is where a conditional jump that comes next can go to reach n: its offsets have 8 bits. more is how many
// instructions may yet come in between.
func (a *assembler) near(n *node, more int) (at int) {
	if len(a.reversed)+more-a.at[n] <= 255 {
		return a.at[n]
	}
	return a.far(n)
}

// far adds a jump to n that can go any distance, and tells where that is.
func (a *assembler) far(n *node) int {
	a.reversed = append(a.reversed, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(len(a.reversed) - a.at[n])})
	return len(a.reversed)
}

// distance is how many instructions the next one skips to go there.
func (a *assembler) distance(at int) uint8 { return uint8(len(a.reversed) - at) }
