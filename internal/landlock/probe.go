package landlock

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Kernel is what the kernel has. With an ABI above zero Landlock is there; without an
// error it is not; with one nobody could tell.
type Kernel struct {
	ABI int
	Err error
}

// Probe asks the kernel.
func Probe() Kernel {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errno == 0:
		return Kernel{ABI: int(abi)}
	case errors.Is(errno, unix.ENOSYS), errors.Is(errno, unix.EOPNOTSUPP): // not built in, or not started with
		return Kernel{}
	}
	return Kernel{Err: errno} // a filter around urun
}
