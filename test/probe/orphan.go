package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// orphan leaves a process behind whose parent has ended, and says who adopted it and whether it was reaped.
func orphan([]string) error {
	out, err := exec.Command("/proc/self/exe", "orphan-parent", "200ms").Output()
	if err != nil {
		return err
	}
	pid := strings.TrimSpace(string(out))
	parent, _, err := process(pid)
	if err != nil {
		return err
	}
	fmt.Println("adopted by", parent)
	for range 100 {
		if _, _, err = process(pid); errors.Is(err, os.ErrNotExist) {
			fmt.Println("reaped")
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("not reaped")
}

// orphans leaves N processes behind, and prints how many zombies there are when all have had time to end.
func orphans(args []string) error {
	if len(args) != 1 {
		return usage("N")
	}
	n, err := number(args[0])
	if err != nil {
		return err
	}
	for range n {
		if err := exec.Command("/proc/self/exe", "orphan-parent", "0s").Run(); err != nil {
			return err
		}
	}
	time.Sleep(300 * time.Millisecond)
	zombies := 0
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, path := range paths {
		if _, state, err := process(filepath.Base(path)); err == nil && state == "Z" {
			zombies++
		}
	}
	fmt.Println("zombies", zombies)
	return nil
}

// orphanParent starts a child that lives for a time, prints its pid and ends before it.
func orphanParent(args []string) error {
	if len(args) != 1 {
		return usage("DURATION")
	}
	child := exec.Command("/proc/self/exe", "orphan-child", args[0])
	if err := child.Start(); err != nil {
		return err
	}
	fmt.Println(child.Process.Pid)
	return nil
}

func orphanChild(args []string) error {
	d, err := time.ParseDuration(args[0])
	time.Sleep(d)
	return err
}

// process is the parent and the state of a process. Its name may hold spaces and brackets: see proc_pid_stat(5).
func process(pid string) (parent int, state string, err error) {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, "", err
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	parent, err = strconv.Atoi(f[1])
	return parent, f[0], err
}
