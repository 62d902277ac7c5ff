#include "textflag.h"

// func clone(flags, stack uintptr, pidfd *uint64, a *header) (result uintptr)
//
// As in clone_amd64.s.
TEXT ·clone(SB), NOSPLIT, $0-40
	MOVD flags+0(FP), R0
	MOVD stack+8(FP), R1
	MOVD pidfd+16(FP), R2
	MOVD a+24(FP), R19
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD $220, R8 // clone
	SVC
	CBZ R0, child
	MOVD R0, result+32(FP)
	RET

child:
	MOVD R19, 8(RSP)
	BL ·interpret(SB)
	BRK $0
