package inside

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// setCapabilities leaves every thread with these capabilities.
func setCapabilities(caps uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(caps), Permitted: uint32(caps)},
		{Effective: uint32(caps >> 32), Permitted: uint32(caps >> 32)},
	}
	// In a program built with cgo it is an error, and nothing is confined then.
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
	if e != 0 {
		return e
	}
	return nil
}

// install gives every thread the filter.
func install(filter []unix.SockFilter) error {
	const setModeFilter, tsync = 1, 1
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	r, _, e := syscall.Syscall(unix.SYS_SECCOMP, setModeFilter, tsync, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		return e
	}
	if r != 0 { // seccomp(2): the thread that could not be given it
		return syscall.ESRCH
	}
	return nil
}
