#include "textflag.h"

// The init that every container ends in. It is copied into an ELF file of its
// own (init.go), so it must not depend on its address or on anything of Go's:
// no stack but the kernel's, no symbols, no runtime.
//
// PARAMS is where init.go puts the parameters:
//    0 flags      1: exec without forking; 2: not the first process of a pid namespace;
//                 4: ask urun before the end when the command was killed; 8: end when the command runs
//    8 mask       the signal mask that the command gets
//   16 control    the socket to urun
//   24 table      the candidates for execve, then 0
//   32 all        all signals
//   40 name       of this process, 16 bytes
#define PARAMS 0x4000B0

// Scratch on the stack:
//    0 errno, 8 candidate: the report to urun
//   16 siginfo of 128 bytes: 24 si_code, 32 si_pid, 40 si_value
//  160 wait status, 168 an answer of urun's
//
// R12 PARAMS, R13 argc argv envp, R14 flags and later the signal; in the init R15 is its own pid, BX the command's.
TEXT ·initCode(SB), NOSPLIT|NOFRAME, $0
	MOVQ SP, R13
	SUBQ $256, SP
	MOVQ $PARAMS, R12

	// fcntl(control, F_SETFD, FD_CLOEXEC): only urun leaves it open. A program of
	// the rootfs that names /proc/self/exe as its interpreter ends here.
	MOVQ 16(R12), DI
	MOVL $2, SI
	MOVL $1, DX
	MOVL $72, AX
	SYSCALL
	TESTQ AX, AX
	JNE foreign

	// prctl(PR_SET_NAME): ps would show the memfd's number
	MOVL $15, DI
	LEAQ 40(R12), SI
	MOVL $157, AX
	SYSCALL

	// prctl(PR_SET_DUMPABLE, 0): nobody inside without CAP_SYS_PTRACE may take the
	// control socket (pidfd_getfd), or make the init forget that it dies with urun
	// (ptrace). The command's exec undoes it.
	MOVL $4, DI
	XORL SI, SI
	MOVL $157, AX
	SYSCALL

	MOVQ 0(R12), R14
	MOVQ $0, 0(SP)
	MOVQ $0, 8(SP)
	TESTQ $1, R14
	JNE command

	MOVL $39, AX // getpid
	SYSCALL
	MOVQ AX, R15
	TESTQ $2, R14
	JEQ fork
	MOVL $36, DI // prctl(PR_SET_CHILD_SUBREAPER, 1)
	MOVL $1, SI
	MOVL $157, AX
	SYSCALL

fork:
	// clone(CLONE_VM|CLONE_VFORK|SIGCHLD): goes on here when the command runs or could not
	MOVL $0x4111, DI
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	MOVL $56, AX
	SYSCALL
	TESTQ AX, AX
	JEQ command
	MOVQ AX, BX
	JGT forked
	NEGQ AX
	ORQ $0x2000, AX // not the command's errno but the clone's
	MOVQ AX, 0(SP)
	JMP report

forked:
	CMPQ 0(SP), $0
	JNE report
	MOVQ 16(R12), DI // sendto(control, 1 byte, MSG_NOSIGNAL): the command runs
	MOVQ SP, SI
	MOVL $1, DX
	MOVL $0x4000, R10
	XORL R8, R8
	XORL R9, R9
	MOVL $44, AX
	SYSCALL
	XORL DI, DI
	TESTQ $8, R14
	JNE exit // the container's own init looks after the command from now on
	TESTQ $4, R14
	JNE loop
	MOVQ 16(R12), DI // close(control)
	MOVL $3, AX
	SYSCALL

loop:
	// rt_sigtimedwait(all, siginfo, NULL, 8)
	LEAQ 32(R12), DI
	LEAQ 16(SP), SI
	XORL DX, DX
	MOVL $8, R10
	MOVL $128, AX
	SYSCALL
	TESTQ AX, AX
	JLE loop
	MOVQ AX, R14
	CMPQ R14, $17
	JEQ reap
	CMPL 24(SP), $0x80 // SI_KERNEL: the terminal told the whole group, the command too,
	JNE told
	CMPQ R14, $1 // but a hang-up comes to the session's leader alone
	JNE loop

told:
	CMPL 32(SP), R15 // our own, sent to the group
	JEQ loop
	MOVQ BX, DI
	CMPL 24(SP), $-1 // SI_QUEUE with the value 1: for the whole group
	JNE stop
	CMPL 40(SP), $1
	JNE stop
	XORL DI, DI

stop:
	// The group is orphaned, so the kernel would drop SIGTSTP
	CMPQ R14, $20
	JNE send
	MOVL $19, R14

send:
	MOVQ R14, SI
	MOVL $62, AX // kill
	SYSCALL
	JMP loop

reap:
	// wait4(-1, status, WNOHANG|__WALL, NULL)
	MOVQ $-1, DI
	LEAQ 160(SP), SI
	MOVL $0x40000001, DX
	XORL R10, R10
	MOVL $61, AX
	SYSCALL
	TESTQ AX, AX
	JLE loop
	CMPQ AX, BX
	JNE reap
	MOVL 160(SP), DI
	MOVL DI, AX
	ANDL $0x7f, AX
	JEQ exited
	CMPL AX, $9
	JNE signalled

	// The command was killed. sendto(control, 2 bytes, MSG_NOSIGNAL), and wait for an
	// answer or the end of urun's side: as soon as this process ends, too, the cgroup is
	// removed with its count of kills for memory. Where that was not asked for it is EBADF.
	MOVQ 16(R12), DI
	MOVQ SP, SI
	MOVL $2, DX
	MOVL $0x4000, R10
	XORL R8, R8
	XORL R9, R9
	MOVL $44, AX
	SYSCALL
	TESTQ AX, AX
	JLE unheard
	MOVQ 16(R12), DI // recvfrom(control, scratch, 1, 0, NULL, NULL)
	LEAQ 168(SP), SI
	MOVL $1, DX
	XORL R10, R10
	XORL R8, R8
	XORL R9, R9
	MOVL $45, AX
	SYSCALL

unheard:
	MOVL $9, AX

signalled:
	LEAL 128(AX), DI
	JMP exit

exited:
	SHRL $8, DI
	ANDL $0xff, DI
	JMP exit

command:
	TESTQ $2, R14
	JEQ mask
	MOVL $1, DI // prctl(PR_SET_PDEATHSIG, SIGKILL): no pid namespace ends the command with us
	MOVL $9, SI
	MOVL $157, AX
	SYSCALL

mask:
	// rt_sigprocmask(SIG_SETMASK, mask, NULL, 8)
	MOVL $2, DI
	LEAQ 8(R12), SI
	XORL DX, DX
	MOVL $8, R10
	MOVL $14, AX
	SYSCALL
	MOVQ 24(R12), R9
	XORL R8, R8
	XORL BX, BX // the errno to report and, in R15, whose it is: not yet in memory,
	XORL R15, R15 // because the forking init reads that also after a success

try:
	MOVQ (R9)(R8*8), DI
	TESTQ DI, DI
	JEQ none
	MOVQ 0(R13), CX
	LEAQ 16(R13), SI        // argv[1:]; argv[0] is ours
	LEAQ 16(R13)(CX*8), DX
	MOVL $59, AX // execve
	SYSCALL
	NEGQ AX
	CMPQ AX, $2 // ENOENT
	JEQ absent
	CMPQ AX, $20 // ENOTDIR
	JEQ next
	MOVQ AX, BX
	MOVQ R8, R15
	CMPQ AX, $13 // EACCES: the search goes on, as in execvp(3),
	JEQ next
	CMPQ AX, $36 // and past a directory with a name too long
	JEQ next
	CMPQ AX, $40 // or links in a circle
	JEQ next
	JMP failed

absent:
	// access(candidate, F_OK): a file that is there lacks its interpreter
	MOVQ (R9)(R8*8), DI
	XORL SI, SI
	MOVL $21, AX
	SYSCALL
	TESTQ AX, AX
	JNE next
	MOVL $0x1002, BX
	MOVQ R8, R15
	JMP failed

next:
	INCQ R8
	JMP try

none:
	TESTQ BX, BX
	JNE failed
	MOVL $2, BX

failed:
	MOVQ BX, 0(SP)
	MOVQ R15, 8(SP)
	TESTQ $1, R14
	JNE report
	JMP missing // the forking init shares this memory and reports

report:
	// sendto(control, report, 16, MSG_NOSIGNAL, NULL, 0)
	MOVQ 16(R12), DI
	MOVQ SP, SI
	MOVL $16, DX
	MOVL $0x4000, R10
	XORL R8, R8
	XORL R9, R9
	MOVL $44, AX
	SYSCALL
	MOVQ 0(SP), AX
	ANDL $0xfff, AX
	CMPQ AX, $2
	JEQ missing

foreign:
	MOVL $126, DI
	JMP exit

missing:
	MOVL $127, DI

exit:
	MOVL $231, AX // exit_group
	SYSCALL
	INT $3

TEXT ·initEnd(SB), NOSPLIT|NOFRAME, $0
	RET

// In Go the address of an assembly function is that of its ABIInternal wrapper,
// so it is taken here.
DATA ·initFrom(SB)/8, $·initCode(SB)
GLOBL ·initFrom(SB), NOPTR|RODATA, $8
DATA ·initTo(SB)/8, $·initEnd(SB)
GLOBL ·initTo(SB), NOPTR|RODATA, $8
