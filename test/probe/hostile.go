package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func ptrace(args []string) error {
	if len(args) != 1 {
		return usage("PID")
	}
	pid, err := number(args[0])
	if err != nil {
		return err
	}
	return unix.PtraceSeize(pid)
}

// procFiles opens what /proc has about a process that would give it away, one line each.
func procFiles(args []string) error {
	if len(args) != 1 {
		return usage("PID")
	}
	for _, name := range []string{"environ", "maps", "mem", "auxv", "exe", "cwd", "root", "fd", "ns/mnt", "ns/user"} {
		flags := unix.O_RDONLY
		if name == "mem" {
			flags = unix.O_RDWR
		}
		fd, err := unix.Open("/proc/"+args[0]+"/"+name, flags|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		fmt.Println(name, result(err))
	}
	return nil
}

// exeAttack tries for some seconds to open the program of every process for writing, through a handle it got while
// the program ran: the way CVE-2019-5736 overwrote runc. It prints what it could write to. When
// FILE exists it ends before.
func exeAttack(args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return usage("SECONDS [FILE]")
	}
	seconds, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return usage("SECONDS [FILE]")
	}
	own, _ := unixReadlink("/proc/self/exe")
	held := map[string]int{}
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	fmt.Println("ready")
	for time.Now().Before(end) {
		over := len(args) == 2 && unix.Access(args[1], unix.F_OK) == nil // looked at once more, then
		paths, err := filepath.Glob("/proc/[0-9]*/exe")
		if err != nil {
			return err
		}
		for _, path := range paths {
			target, err := unixReadlink(path)
			if err != nil || target == own || held[target] != 0 {
				continue
			}
			if program, ok := overwritten(path); ok {
				fmt.Println("writable", program)
			}
			if fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
				held[target] = fd
			}
		}
		for target, fd := range held {
			if program, ok := overwritten("/proc/self/fd/" + strconv.Itoa(fd)); ok {
				fmt.Println("writable", program)
				delete(held, target)
				unix.Close(fd)
			}
		}
		if over {
			break
		}
	}
	for target := range held {
		fmt.Println("held", target)
	}
	return nil
}

func unixReadlink(path string) (string, error) {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlink(path, b)
	if err != nil {
		return "", err
	}
	return string(b[:n]), nil
}

// overwritten writes to a program what is there already: an ELF file begins with that byte. Sealed memory can be opened for
// writing, and then not be written.
func overwritten(path string) (program string, ok bool) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", false
	}
	defer unix.Close(fd)
	// The process may have executed another one since its link was read.
	program, _ = unixReadlink("/proc/self/fd/" + strconv.Itoa(fd))
	_, err = unix.Pwrite(fd, []byte{0x7f}, 0)
	return program, err == nil
}
