package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// machine is process 1 of the sealed machine and its root. When it ends, all that runs inside does.
func machine() error {
	o, err := parse()
	if err != nil {
		return err
	}
	unix.CloseOnExec(gateFD)
	go func() {
		_, _ = unix.Read(gateFD, make([]byte, 1))
		os.Exit(1)
	}()
	if err := furnish(o); err != nil {
		return err
	}
	if o.world, err = wire(); err != nil {
		return err
	}
	c := exec.Command("/proc/self/exe", append([]string{"-world", strconv.Itoa(o.world)}, os.Args[1:]...)...)
	c.Args[0] = roleBench
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Start(); err != nil {
		return err
	}
	for { // orphans come here, and a tool that waits for one to be gone must not wait for ever
		var status unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &status, 0, nil); {
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case pid == c.Process.Pid && status.Exited():
			os.Exit(status.ExitStatus())
		case pid == c.Process.Pid:
			return fmt.Errorf("the bench was ended by %v", status.Signal())
		case pid == o.world:
			return errors.New("the world has ended")
		}
	}
}

// furnish mounts what a machine has and namespaces alone do not: its own /proc, /sys and cgroups, the programs that the
// kernel would not run as an owner whom it has no id for, and ranges of subordinate ids that are mapped here.
func furnish(o options) error {
	var err error
	mount := func(source, target, kind string, flags uintptr, data string) {
		if err == nil {
			if err = unix.Mount(source, target, kind, flags, data); err != nil {
				err = fmt.Errorf("mount %s at %s: %w", source, target, err)
			}
		}
	}
	mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	mount("tmpfs", o.work, "tmpfs", unix.MS_NODEV, "mode=755")
	put := func(file, target string, mode os.FileMode, content []byte) {
		file = filepath.Join(o.work, file)
		if err == nil {
			// By chmod: WriteFile would leave the setuid bit out.
			err = errors.Join(os.WriteFile(file, content, 0o600), os.Chmod(file, mode))
			mount(file, target, "", unix.MS_BIND, "")
		}
	}
	for _, program := range []string{"newuidmap", "newgidmap"} {
		path, content, err2 := lookUp(program)
		err = errors.Join(err, err2)
		put(program, path, os.ModeSetuid|0o755, content)
	}
	u, err2 := user.LookupId(strconv.Itoa(o.uid))
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	for _, file := range []string{"subuid", "subgid"} {
		first, count, err2 := subordinate(u, "/etc/"+file)
		err = errors.Join(err, err2)
		put(file, "/etc/"+file, 0o644, fmt.Appendf(nil, "%s:%d:%d\n", u.Username, first+1, count-1))
	}
	if _, missing := os.Stat("/etc/resolv.conf"); missing == nil {
		put("resolv.conf", "/etc/resolv.conf", 0o644, []byte("nameserver "+worldIP+"\n"))
	}
	return err
}

func lookUp(program string) (string, []byte, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", nil, err
	}
	content, err := os.ReadFile(path)
	return path, content, err
}

// wire starts the world, and connects the host with it.
func wire() (int, error) {
	ready, readyEnd, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	c := exec.Command("/proc/self/exe")
	c.Args[0] = roleWorld
	c.Stderr = os.Stderr
	c.ExtraFiles = []*os.File{readyEnd}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if err := c.Start(); err != nil {
		return 0, fmt.Errorf("start the world: %w", err)
	}
	readyEnd.Close()
	defer ready.Close()
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		return 0, errors.New("the world was not made")
	}
	for _, line := range [][]string{{"link", "set", "lo", "up"}, {"addr", "add", hostIP + "/24", "dev", "eth0"}, {"addr", "add", hostIP6 + "/64", "dev", "eth0", "nodad"},
		{"link", "set", "eth0", "up"}, {"route", "add", "default", "via", worldIP}, {"-6", "route", "add", "default", "via", worldIP6}} {
		if err := ip(line...); err != nil {
			return 0, err
		}
	}
	return c.Process.Pid, nil
}
