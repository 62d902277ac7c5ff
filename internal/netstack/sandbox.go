package netstack

import (
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine gives up what is not needed, and is for the whole process: prctl(2) alone would bind one thread.
func confine() {
	// Fails in a program built with cgo only, where it is lost and nothing else.
	_, _, _ = syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	debug.SetMemoryLimit(softMemory)
	// There is one device to read; of more threads the memory grows, and nothing gets faster.
	runtime.GOMAXPROCS(min(maxThreads, runtime.NumCPU()))
}

const maxThreads = 4

// softMemory is where the garbage collector begins to work harder. It is above what 100 busy connections need.
const softMemory = 192 << 20

// seal makes the process impossible to trace, for its user too, and with it its /proc/PID impossible to open: no file
// descriptor of it can be had that way. Only where it opens no file of its own /proc/PID itself.
func seal() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
