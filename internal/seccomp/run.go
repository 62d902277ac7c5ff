package seccomp

import "golang.org/x/sys/unix"

// Call is a system call as a filter sees it: struct seccomp_data without the instruction pointer, which no filter of
// this package looks at.
type Call struct {
	Number int32
	Arch   uint32 // AUDIT_ARCH_*
	Args   [6]uint64
}

// Run does what the kernel does with a filter of [Compile].
func (f Filter) Run(c *Call) Action {
	var acc uint32
	for pc := 0; pc < len(f); pc++ {
		in := f[pc]
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = c.word(in.K)
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= in.K
		case unix.BPF_RET | unix.BPF_K:
			return Action(in.K)
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			pc += way(acc == in.K, in)
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			pc += way(acc > in.K, in)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			pc += way(acc >= in.K, in)
		default:
			return KillProcess
		}
	}
	return KillProcess
}

func way(holds bool, in unix.SockFilter) int {
	if holds {
		return int(in.Jt)
	}
	return int(in.Jf)
}

// word is 32 bits of struct seccomp_data.
func (c *Call) word(offset uint32) uint32 {
	switch offset {
	case numberOffset:
		return uint32(c.Number)
	case archOffset:
		return c.Arch
	}
	arg := c.Args[(offset-argsOffset)/8%6]
	if offset%8 == 4 {
		return uint32(arg >> 32)
	}
	return uint32(arg)
}
