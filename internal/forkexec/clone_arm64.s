#include "textflag.h"

// func clone(flags, stack uintptr, b *boot) (result uintptr)
//
// As in clone_amd64.s.
TEXT ·clone(SB), NOSPLIT, $8-32
	MOVD b+16(FP), R19

	MOVD $2, R0 // rt_sigprocmask(SIG_SETMASK, &b.all, &mask, 8)
	MOVD R19, R1
	MOVD $mask-8(SP), R2
	MOVD $8, R3
	MOVD $135, R8
	SVC

	MOVD mask-8(SP), R3
	MOVD R3, 8(R19)

	MOVD flags+0(FP), R0
	MOVD stack+8(FP), R1
	ADD $16, R19, R2
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD $220, R8 // clone
	SVC
	CBZ R0, child
	MOVD R0, R20

	MOVD $2, R0 // rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8)
	MOVD $mask-8(SP), R1
	MOVD ZR, R2
	MOVD $8, R3
	MOVD $135, R8
	SVC
	MOVD R20, result+24(FP)
	RET

child:
	MOVD R19, 8(RSP)
	MOVD $·begin(SB), R9 // see clone_amd64.s
	BL (R9)
	BRK $0
