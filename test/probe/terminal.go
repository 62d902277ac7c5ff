package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tty says what the standard descriptors are, and which session and process groups there are.
func tty([]string) error {
	for fd := range 3 {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
			fmt.Println(fd, "no")
			continue
		}
		name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		if err != nil {
			return err
		}
		size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if err != nil {
			return err
		}
		foreground, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		if err != nil {
			fmt.Println(fd, name, size.Row, size.Col, "foreground", errnoName(err))
			continue
		}
		fmt.Println(fd, name, size.Row, size.Col, "foreground", foreground)
	}
	sid, err := unix.Getsid(0)
	if err != nil {
		return err
	}
	fmt.Println("pid", os.Getpid(), "group", unix.Getpgrp(), "session", sid)
	controlling, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(controlling)
	}
	fmt.Println("controlling", result(err))
	return nil
}

// tiocsti pushes a newline into the terminal's input, and pastes the console's selection, each also with high bits set
// in the request, which the kernel ignores and a careless filter does not (CVE-2017-5226, CVE-2019-10063,
// CVE-2023-28100).
func tiocsti([]string) error {
	newline, paste := []byte("\n"), []byte{3}
	for _, try := range []struct {
		name    string
		request uintptr
		data    []byte
	}{
		{"TIOCSTI", unix.TIOCSTI, newline},
		{"TIOCSTI high", unix.TIOCSTI | 1<<32, newline},
		{"TIOCLINUX", unix.TIOCLINUX, paste},
		{"TIOCLINUX high", unix.TIOCLINUX | 1<<32, paste},
	} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, 0, try.request, uintptr(unsafe.Pointer(&try.data[0])))
		if errno == 0 {
			fmt.Println(try.name, "ok")
			continue
		}
		fmt.Println(try.name, errnoName(errno))
	}
	return nil
}
