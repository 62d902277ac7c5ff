package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func exit(args []string) error {
	if len(args) != 1 {
		return usage("STATUS")
	}
	n, err := number(args[0])
	if err == nil {
		os.Exit(n)
	}
	return err
}

// sleep prints "ready" and sleeps: a minute, or the seconds given.
func sleep(args []string) error {
	seconds := 60.0
	if len(args) > 0 {
		var err error
		if seconds, err = strconv.ParseFloat(args[0], 64); err != nil {
			return usage("[SECONDS]")
		}
	}
	fmt.Println("ready")
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	return nil
}

func spin([]string) error {
	fmt.Println("ready")
	for {
	}
}

func execute(args []string) error {
	if len(args) == 0 {
		return usage("PATH [ARG...]")
	}
	return unix.Exec(args[0], args, os.Environ())
}

// rawSyscall makes the system call with the number given; an argument that is no number is passed as a string.
func rawSyscall(args []string) error {
	if len(args) == 0 || len(args) > 7 {
		return usage("NUMBER [ARG...]")
	}
	trap, err := number(args[0])
	if err != nil {
		return err
	}
	var a [6]uintptr
	for i, s := range args[1:] {
		if n, err := number(s); err == nil {
			a[i] = uintptr(n)
			continue
		}
		p, err := unix.BytePtrFromString(s)
		if err != nil {
			return err
		}
		a[i] = uintptr(unsafe.Pointer(p))
	}
	r, _, errno := syscall.Syscall6(uintptr(trap), a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return errno
	}
	fmt.Println(int(r))
	return nil
}

func signals(names []string) ([]os.Signal, error) {
	list := make([]os.Signal, len(names))
	for i, name := range names {
		if n := unix.SignalNum("SIG" + name); n != 0 {
			list[i] = n
			continue
		}
		n, err := number(name)
		if err != nil {
			return nil, usage("SIGNAL...: no signal " + name)
		}
		list[i] = syscall.Signal(n)
	}
	return list, nil
}

// kill sends a signal to a process, or to the probe itself, and waits a moment for it to work.
func kill(args []string) error {
	if len(args) != 2 {
		return usage("PID|self SIGNAL")
	}
	sig, err := signals(args[1:])
	if err != nil {
		return err
	}
	pid := os.Getpid()
	if args[0] != "self" {
		if pid, err = number(args[0]); err != nil {
			return err
		}
	}
	if err := unix.Kill(pid, sig[0].(syscall.Signal)); err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("still here")
	return nil
}

// ignore ignores the signals given, prints "ready" and sleeps for a minute.
func ignore(args []string) error {
	list, err := signals(args)
	if err != nil {
		return err
	}
	signal.Ignore(list...)
	return sleep(nil)
}

// catch prints "ready" and then the name of each of the signals given that arrives; SIGTERM ends it with status 7.
func catch(args []string) error {
	list, err := signals(args)
	if err != nil {
		return err
	}
	caught := make(chan os.Signal, 16)
	signal.Notify(caught, append(list, unix.SIGTERM)...)
	fmt.Println("ready")
	for sig := range caught {
		fmt.Println(unix.SignalName(sig.(syscall.Signal)))
		if sig == unix.SIGTERM {
			os.Exit(7)
		}
	}
	return nil
}
