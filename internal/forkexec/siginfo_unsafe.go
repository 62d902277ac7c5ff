package forkexec

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// siQueue is SI_QUEUE: the only si_code with a value that one process may send another.
const siQueue = -1

// setValue sets si_value, which sigaction(2) has behind si_pid and si_uid and
// x/sys/unix keeps in a private field.
func setValue(info *unix.Siginfo, v int32) {
	*(*int32)(unsafe.Add(unsafe.Pointer(info), 24)) = v
}
