package main

import (
	"bufio"
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

// streams says what the standard descriptors are: a terminal or not, type and inode. It writes to the second and the
// third, and prints the line that it reads from the first.
func streams([]string) error {
	for fd := range 3 {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		fmt.Printf("%d terminal %t device %t fifo %t uid %d inode %d\n", fd, err == nil, st.Mode&unix.S_IFMT == unix.S_IFCHR, st.Mode&unix.S_IFMT == unix.S_IFIFO, st.Uid, st.Ino)
	}
	fmt.Fprintln(os.Stderr, "an error")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Printf("read %q\n", line)
	return err
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
