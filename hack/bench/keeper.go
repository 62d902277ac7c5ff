package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keep runs this program once more, below itself. What a tool leaves in the background becomes a child of the process
// above and not of the machine's first, so that all of it is found, whatever its name; and no more than that is ended.
// It is a process of its own because it waits for whichever child ends, which would take the others' from os/exec.
func keep(o options) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphans: %w", err)
	}
	for _, dir := range []string{o.runtimeDir(), o.stateDir()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	c := exec.Command("/proc/self/exe", append([]string{"-kept", o.work}, os.Args[1:]...)...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Without the user's bus, for with it a container in the background takes a scope of systemd's, and this is to mean
	// the same everywhere.
	c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+o.runtimeDir(), "XDG_STATE_HOME="+o.stateDir(), "DBUS_SESSION_BUS_ADDRESS=")
	if err := c.Start(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		for range signals {
			_ = c.Process.Signal(unix.SIGTERM)
		}
	}()
	status, err := reap(c.Process.Pid)
	for try := 0; try < tries && end(descendants(os.Getpid())[1:]); try++ {
		for pid := 1; pid > 0; {
			pid, _ = unix.Wait4(-1, nil, unix.WNOHANG, nil)
		}
	}
	if err == nil && status != 0 {
		err = errSaid
	}
	return err
}

// errSaid stands for an error that the process below has printed.
var errSaid = errors.New("said already")

// reap waits for all children until this one has ended.
func reap(until int) (status int, err error) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		if err != nil && err != syscall.EINTR {
			return 0, err
		}
		if pid == until {
			if ws.Signaled() {
				return 0, fmt.Errorf("ended by %v", ws.Signal())
			}
			return ws.ExitStatus(), nil
		}
	}
}

// tries are how often what was killed is looked after: some 20 seconds.
const tries = 1000

// end kills the processes and gives them a moment; it tells whether there were any.
func end(pids []int) bool {
	for _, pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL) // it may have ended just now
	}
	if len(pids) > 0 {
		time.Sleep(20 * time.Millisecond)
	}
	return len(pids) > 0
}

// sweep ends what is in the background, so that it is not taken for what comes next.
func sweep(o options) {
	for try := 0; try < tries && end(background()); try++ {
	}
	_ = os.Remove(o.runtimeDir() + "/libpod/tmp/pause.pid") // else podman asks to be reset
}

// background are the processes that tools have left, and all below them.
func background() []int {
	var list []int
	for _, pid := range children(os.Getppid()) {
		if pid != os.Getpid() {
			list = append(list, descendants(pid)...)
		}
	}
	return list
}
