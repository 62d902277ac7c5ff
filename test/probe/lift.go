package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// lift FILE VALUE: writes to a file of the cgroup that is the root of its cgroup namespace, in the way that nsdelegate does
// not see: from a cgroup namespace below that one. It prints how that ended.
func lift(args []string) error {
	if len(args) != 2 {
		return usage("FILE VALUE")
	}
	return inNamespaces(unix.CLONE_NEWUSER|unix.CLONE_NEWNS|unix.CLONE_NEWCGROUP, "lift-mount", args...)
}

// liftMount is lift in the first pair of namespaces: it mounts the cgroups and goes below their root.
func liftMount(args []string) error {
	dir, err := os.MkdirTemp("/dev/shm", "lift")
	if err != nil {
		return err
	}
	if err := unix.Mount("none", dir, "cgroup2", 0, ""); err != nil {
		return err
	}
	below := filepath.Join(dir, "below")
	if err := os.Mkdir(below, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(below+"/cgroup.procs", []byte("0"), 0); err != nil {
		return err
	}
	return inNamespaces(unix.CLONE_NEWUSER|unix.CLONE_NEWCGROUP, "lift-write", filepath.Join(dir, args[0]), args[1])
}

// liftWrite is lift in the second pair.
func liftWrite(args []string) error {
	err := os.WriteFile(args[0], []byte(args[1]), 0)
	if err == nil {
		fmt.Println("written")
	}
	return err
}

// inNamespaces runs another verb as root of new namespaces.
func inNamespaces(flags uintptr, verb string, args ...string) error {
	c := exec.Command("/proc/self/exe", append([]string{verb}, args...)...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	one := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, UidMappings: one(os.Getuid()), GidMappings: one(os.Getgid())}
	return c.Run()
}
