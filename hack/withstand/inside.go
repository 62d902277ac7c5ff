package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// inside is what this program does as the command in a container: it tries one thing, and prints "open" or "refused".
func inside(verb string, args []string) int {
	err := fmt.Errorf("inside: no %s", verb)
	switch {
	case verb == "call":
		err = call(args[0])
	case verb == "own":
		err = own(args[0])
	case verb == "userns":
		err = newUserNamespace()
	}
	if errors.Is(err, errRefused) {
		fmt.Println(err)
		return 0
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("open")
	return 0
}

var errRefused = errors.New("refused")

func refused(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errRefused, err)
}

// call makes a system call. Where a good call needs more than a user may have, it is a bad one: an errno that only the
// code behind all filters and privileges gives tells that it was reached.
func call(name string) error {
	socket := func(family, kind, protocol int) error {
		fd, err := unix.Socket(family, kind, protocol)
		if err == nil {
			unix.Close(fd)
		}
		return refused(err)
	}
	raw := func(reached error, trap uintptr, args ...uintptr) error {
		var a [5]uintptr
		copy(a[:], args)
		_, _, errno := unix.Syscall6(trap, a[0], a[1], a[2], a[3], a[4], 0)
		if errno == 0 || errno == reached {
			return nil
		}
		return refused(errno)
	}
	switch name {
	case "io_uring":
		return refused(ioUring())
	case "bpf":
		return raw(unix.EINVAL, unix.SYS_BPF, 9999, 0, 0)
	case "perf_event_open":
		return raw(unix.EFAULT, unix.SYS_PERF_EVENT_OPEN, 0, 0, ^uintptr(0), ^uintptr(0), 0)
	case "userfaultfd":
		return raw(nil, unix.SYS_USERFAULTFD, 1) // UFFD_USER_MODE_ONLY, which needs no privilege
	case "vsock":
		return socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
	case "alg":
		return socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0)
	case "packet":
		return socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	case "netfilter":
		return socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER)
	case "families":
		return families()
	}
	return fmt.Errorf("inside: no call %s", name)
}

// families tries socketpair(2) with all other families. One that is there and knows no pairs is EOPNOTSUPP.
func families() error {
	var last error
	for family := 3; family < unix.AF_MAX; family++ {
		switch family {
		case unix.AF_INET6, unix.AF_NETLINK, unix.AF_VSOCK, unix.AF_ALG, unix.AF_PACKET: // common, or rows of their own
			continue
		}
		for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_RAW, unix.SOCK_SEQPACKET} {
			fds, err := unix.Socketpair(family, kind, 0)
			if err == nil {
				unix.Close(fds[0])
				unix.Close(fds[1])
			}
			if err == nil || err == unix.EOPNOTSUPP {
				fmt.Println("family", family)
				return nil
			}
			last = err
		}
	}
	return refused(last)
}

// own tells whether the programs of the processes that it sees can be written, and are the host's file with this device
// and inode. A program that runs is ETXTBSY, and can be written when it has ended; O_TRUNC is there because a read-only
// mount is told before that.
func own(identity string) error {
	list := []string{"/proc/self/exe", "/proc/1/exe"}
	for pid := 2; pid < 20; pid++ {
		list = append(list, "/proc/"+strconv.Itoa(pid)+"/exe")
	}
	for _, path := range list {
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil || fmt.Sprint(st.Dev, ":", st.Ino) != identity {
			continue
		}
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_TRUNC|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		if err == nil || err == unix.ETXTBSY {
			fmt.Println("the host's file is", path)
			return nil
		}
	}
	return refused(errors.New("no program is the host's file, or none may be written"))
}

func newUserNamespace() error {
	c := exec.Command("/proc/self/exe", "inside", "call", "none")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}
	err := c.Run()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return nil // it has run
	}
	return refused(err)
}
