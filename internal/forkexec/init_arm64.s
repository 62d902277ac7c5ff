#include "textflag.h"

// The same init as in init_amd64.s, where the comments are.
#define PARAMS 0x4000B0

// Scratch on the stack as on amd64. R19 PARAMS, R20 argc argv envp, R21 flags and later the
// signal; in the init R22 is its own pid, R23 the command's; R24 table, R25 candidate, R26 scratch.
TEXT ·initCode(SB), NOSPLIT|NOFRAME, $0
	MOVD RSP, R20
	SUB $256, RSP
	MOVD RSP, R26
	MOVD $PARAMS, R19

	MOVD 16(R19), R0 // fcntl(control, F_SETFD, FD_CLOEXEC)
	MOVD $2, R1
	MOVD $1, R2
	MOVD $25, R8
	SVC
	CBNZ R0, foreign

	MOVD $15, R0 // prctl(PR_SET_NAME)
	ADD $40, R19, R1
	MOVD $167, R8
	SVC

	MOVD $4, R0 // prctl(PR_SET_DUMPABLE, 0)
	MOVD ZR, R1
	MOVD $167, R8
	SVC

	MOVD 0(R19), R21
	MOVD ZR, 0(R26)
	MOVD ZR, 8(R26)
	TBNZ $0, R21, command

	MOVD $172, R8 // getpid
	SVC
	MOVD R0, R22
	TBZ $1, R21, fork
	MOVD $36, R0 // prctl(PR_SET_CHILD_SUBREAPER, 1)
	MOVD $1, R1
	MOVD $167, R8
	SVC

fork:
	MOVD $0x4111, R0 // clone(CLONE_VM|CLONE_VFORK|SIGCHLD)
	MOVD ZR, R1
	MOVD ZR, R2
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD $220, R8
	SVC
	CBZ R0, command
	MOVD R0, R23
	CMP $0, R0
	BGT forked
	NEG R0, R0
	ORR $0x2000, R0, R0
	MOVD R0, 0(R26)
	B report

forked:
	MOVD 0(R26), R0
	CBNZ R0, report
	MOVD 16(R19), R0 // sendto(control, 1 byte)
	MOVD R26, R1
	MOVD $1, R2
	MOVD $0x4000, R3
	MOVD ZR, R4
	MOVD ZR, R5
	MOVD $206, R8
	SVC
	MOVD ZR, R0
	TBNZ $3, R21, exit
	TBNZ $2, R21, loop
	MOVD 16(R19), R0 // close(control)
	MOVD $57, R8
	SVC

loop:
	ADD $32, R19, R0 // rt_sigtimedwait
	ADD $16, R26, R1
	MOVD ZR, R2
	MOVD $8, R3
	MOVD $137, R8
	SVC
	CMP $0, R0
	BLE loop
	MOVD R0, R21
	CMP $17, R21
	BEQ reap
	MOVW 24(R26), R0
	CMP $0x80, R0
	BNE told
	CMP $1, R21
	BNE loop

told:
	MOVW 32(R26), R1
	CMP R22, R1
	BEQ loop
	MOVD R23, R2
	CMN $1, R0
	BNE stop
	MOVW 40(R26), R1
	CMP $1, R1
	BNE stop
	MOVD ZR, R2

stop:
	CMP $20, R21
	BNE send
	MOVD $19, R21

send:
	MOVD R2, R0
	MOVD R21, R1
	MOVD $129, R8 // kill
	SVC
	B loop

reap:
	MOVD $-1, R0 // wait4
	ADD $160, R26, R1
	MOVD $0x40000001, R2
	MOVD ZR, R3
	MOVD $260, R8
	SVC
	CMP $0, R0
	BLE loop
	CMP R23, R0
	BNE reap
	MOVWU 160(R26), R0
	AND $0x7f, R0, R1
	CBZ R1, exited
	CMP $9, R1
	BNE signalled

	MOVD 16(R19), R0 // sendto(control, 2 bytes)
	MOVD R26, R1
	MOVD $2, R2
	MOVD $0x4000, R3
	MOVD ZR, R4
	MOVD ZR, R5
	MOVD $206, R8
	SVC
	CMP $0, R0
	BLE unheard
	MOVD 16(R19), R0 // recvfrom(control, scratch, 1)
	ADD $168, R26, R1
	MOVD $1, R2
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD ZR, R5
	MOVD $207, R8
	SVC

unheard:
	MOVD $9, R1

signalled:
	ADD $128, R1, R0
	B exit

exited:
	LSR $8, R0, R0
	AND $0xff, R0, R0
	B exit

command:
	TBZ $1, R21, mask
	MOVD $1, R0 // prctl(PR_SET_PDEATHSIG, SIGKILL)
	MOVD $9, R1
	MOVD $167, R8
	SVC

mask:
	MOVD $2, R0 // rt_sigprocmask
	ADD $8, R19, R1
	MOVD ZR, R2
	MOVD $8, R3
	MOVD $135, R8
	SVC
	MOVD 24(R19), R24
	MOVD ZR, R25
	MOVD ZR, R23
	MOVD ZR, R22

try:
	MOVD (R24), R0
	CBZ R0, none
	MOVD 0(R20), R3
	ADD $16, R20, R1
	ADD R3<<3, R1, R2
	MOVD $221, R8 // execve
	SVC
	NEG R0, R0
	CMP $2, R0
	BEQ absent
	CMP $20, R0
	BEQ next
	MOVD R0, R23
	MOVD R25, R22
	CMP $13, R0
	BEQ next
	CMP $36, R0
	BEQ next
	CMP $40, R0
	BEQ next
	B failed

absent:
	MOVD $-100, R0 // faccessat(AT_FDCWD, candidate, F_OK)
	MOVD (R24), R1
	MOVD ZR, R2
	MOVD $48, R8
	SVC
	CBNZ R0, next
	MOVD $0x1002, R23
	MOVD R25, R22
	B failed

next:
	ADD $8, R24, R24
	ADD $1, R25, R25
	B try

none:
	CBNZ R23, failed
	MOVD $2, R23

failed:
	MOVD R23, 0(R26)
	MOVD R22, 8(R26)
	TBNZ $0, R21, report
	B missing

report:
	MOVD 16(R19), R0 // sendto
	MOVD R26, R1
	MOVD $16, R2
	MOVD $0x4000, R3
	MOVD ZR, R4
	MOVD ZR, R5
	MOVD $206, R8
	SVC
	MOVD 0(R26), R0
	AND $0xfff, R0, R0
	CMP $2, R0
	BEQ missing

foreign:
	MOVD $126, R0
	B exit

missing:
	MOVD $127, R0

exit:
	MOVD $94, R8 // exit_group
	SVC
	BRK $0

TEXT ·initEnd(SB), NOSPLIT|NOFRAME, $0
	RET

DATA ·initFrom(SB)/8, $·initCode(SB)
GLOBL ·initFrom(SB), NOPTR|RODATA, $8
DATA ·initTo(SB)/8, $·initEnd(SB)
GLOBL ·initTo(SB), NOPTR|RODATA, $8
