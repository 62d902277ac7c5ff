// Command first connects to ADDRESS:PORT (IPv4), reads one byte and prints when it came: nanoseconds of CLOCK_MONOTONIC,
// which is the same clock in all containers. It is no more than system calls, so that its own start is not what is measured.
package main

import (
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) != 2 {
		fail("read the arguments", unix.EINVAL)
	}
	to, err := netip.ParseAddrPort(os.Args[1])
	if err != nil {
		fail("read the address", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		fail("make a socket", err)
	}
	patience := unix.Timeval{Sec: 5}
	for _, option := range []int{unix.SO_SNDTIMEO, unix.SO_RCVTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, option, &patience); err != nil {
			fail("set a timeout", err)
		}
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		fail("connect", err)
	}
	n, err := unix.Read(fd, make([]byte, 1))
	var now unix.Timespec
	if err2 := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); n != 1 || err2 != nil {
		fail("read a byte", err)
	}
	_, _ = os.Stdout.WriteString(strconv.FormatInt(now.Nano(), 10) + "\n")
}

func fail(doing string, err error) {
	text := "nothing came"
	if err != nil {
		text = err.Error()
	}
	_, _ = os.Stderr.WriteString("first: " + doing + ": " + text + "\n")
	os.Exit(1)
}
