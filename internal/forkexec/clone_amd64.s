#include "textflag.h"

// func clone(flags, stack uintptr, b *boot) (result uintptr)
//
// Signals are blocked here, not in Go: a goroutine that did it could be moved to
// another thread in between, and would have to be locked to its own, which costs a
// start 0.2 ms for the runtime's template thread. The child returns on a stack of its
// own, or it and the parent, who share their memory, would write over each other's
// frames.
TEXT ·clone(SB), NOSPLIT, $8-32
	MOVQ b+16(FP), R12

	// rt_sigprocmask(SIG_SETMASK, &b.all, &mask, 8). The child may clone, too, and writes
	// b.mask meanwhile: what this thread gets back is on its own stack.
	MOVL $2, DI
	LEAQ 0(R12), SI
	LEAQ mask-8(SP), DX
	MOVL $8, R10
	MOVL $14, AX
	SYSCALL

	MOVQ mask-8(SP), AX
	MOVQ AX, 8(R12)

	// clone(flags, stack, &b.pidfd, NULL, 0)
	MOVQ flags+0(FP), DI
	MOVQ stack+8(FP), SI
	LEAQ 16(R12), DX
	XORL R10, R10
	XORL R8, R8
	MOVL $56, AX
	SYSCALL
	TESTQ AX, AX
	JEQ child
	MOVQ AX, R13

	// rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8)
	MOVL $2, DI
	LEAQ mask-8(SP), SI
	XORL DX, DX
	MOVL $8, R10
	MOVL $14, AX
	SYSCALL
	MOVQ R13, result+24(FP)
	RET

child:
	MOVQ R12, 0(SP)
	// Not by name: begin may clone again, and the linker would add up stacks without end
	// that are not one stack.
	LEAQ ·begin(SB), AX
	CALL AX
	INT $3
