package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// calls makes each of the system calls named NUMBER[:ARG...] and prints what came of it, a line for each: ok or the errno's
// name. The arguments are numbers.
func calls(list []string) error {
	for _, words := range list {
		var a [7]uintptr
		for i, s := range strings.Split(words, ":") {
			n, err := strconv.ParseUint(s, 0, 64)
			if err != nil || i >= len(a) {
				return usage("NUMBER[:ARG...]...: " + words)
			}
			a[i] = uintptr(n)
		}
		_, _, errno := syscall.Syscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6])
		if errno == 0 {
			fmt.Println("ok")
		} else {
			fmt.Println(errnoName(errno))
		}
	}
	return nil
}

// foreign makes a system call of the machine's other architecture.
func foreign([]string) error {
	pid, known := foreignGetpid()
	if !known {
		fmt.Println("none")
		return nil
	}
	fmt.Println("ok", int(pid) == unix.Getpid())
	return nil
}

// threads has a number of threads run at once.
func threads([]string) error {
	const many = 20
	var all, here sync.WaitGroup
	all.Add(many)
	here.Add(many)
	seen := make(map[int]bool)
	var mu sync.Mutex
	for range many {
		go func() {
			defer all.Done()
			runtime.LockOSThread()
			mu.Lock()
			seen[unix.Gettid()] = true
			mu.Unlock()
			here.Done()
			here.Wait()
		}()
	}
	all.Wait()
	fmt.Println(len(seen))
	return nil
}
