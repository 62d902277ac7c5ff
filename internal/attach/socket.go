package attach

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const socketName = "attach"

// enter opens a directory for address.
func enter(dir string) (int, error) {
	for {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// address is the socket's in a directory that enter opened. The path of a socket has
// 107 bytes at most, unix(7), and that of the directory may have more.
func address(dir int) *net.UnixAddr {
	return &net.UnixAddr{Net: "unix", Name: "/proc/self/fd/" + strconv.Itoa(dir) + "/" + socketName}
}

// cause is the error without net's words, which name the path that address made.
func cause(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return errno
	}
	return err
}
