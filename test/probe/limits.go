package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// eat takes MIB mebibytes of memory, one at a time and every page of each, printing how many it has; then it prints
// "full" and sleeps for a minute.
func eat(args []string) error {
	if len(args) != 1 {
		return usage("MIB")
	}
	n, err := number(args[0])
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1) // what it counts is what it took
	for i := range n {
		mem, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			return err
		}
		for at := 0; at < len(mem); at += os.Getpagesize() {
			mem[at] = 1
		}
		fmt.Println(i + 1)
	}
	fmt.Println("full")
	time.Sleep(time.Minute)
	return nil
}

// bomb forks as often as it can for the seconds given, and prints how often that was refused: with EAGAIN, or it is no
// limit on processes. The children do nothing and stay. By raw system calls: a Go runtime that gets no thread ends.
func bomb(args []string) error {
	if len(args) != 1 {
		return usage("SECONDS")
	}
	seconds, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return usage("SECONDS")
	}
	refused := 0
	pause := unix.Timespec{Nsec: 1e6}
	for end := time.Now().Add(time.Duration(seconds * float64(time.Second))); time.Now().Before(end); {
		pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
		for errno == 0 && pid == 0 {
			unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
		}
		if errno != 0 {
			refused++
			_ = unix.Nanosleep(&pause, nil)
		}
	}
	fmt.Println("refused", refused)
	return nil
}

// ticks prints a number ten times a second, from 1 on, for a minute.
func ticks([]string) error {
	for i := range 600 {
		fmt.Println(i + 1)
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// burn computes for the seconds given on every CPU and prints the CPU time it had, as a share of one CPU.
func burn(args []string) error {
	if len(args) != 1 {
		return usage("SECONDS")
	}
	n, err := number(args[0])
	if err != nil {
		return err
	}
	began := time.Now()
	for range runtime.NumCPU() {
		go func() {
			for {
			}
		}()
	}
	for time.Since(began) < time.Duration(n)*time.Second {
	}
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return err
	}
	fmt.Printf("%.3f\n", float64(ru.Utime.Nano()+ru.Stime.Nano())/float64(time.Since(began)))
	return nil
}
