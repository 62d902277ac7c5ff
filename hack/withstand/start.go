package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// result is what became of a start.
type result struct {
	out    string
	status int
	hung   bool
	took   time.Duration
}

// deadline is how long a start may take before it counts as hanging.
const deadline = 20 * time.Second

// start runs a command in the tool.
func (r *trial) start(command ...string) (result, error) {
	request := r.request
	request.command = command
	argv, err := r.argv(r.options, request)
	if err != nil {
		return result{}, err
	}
	argv = append(r.prefix[:len(r.prefix):len(r.prefix)], argv...)
	c := exec.Command(argv[0], argv[1:]...)
	c.ExtraFiles, c.Dir = r.extra, r.work
	// Not the user's runtime directory and bus: podman leaves a process there, and systemd is asked for nothing.
	c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+r.work+"/run", "XDG_STATE_HOME="+r.work+"/home", "DBUS_SESSION_BUS_ADDRESS=")
	began := time.Now()
	out, wait, err := r.output(c)
	if err != nil {
		return result{}, err
	}
	stop := time.AfterFunc(deadline, func() { _ = c.Process.Kill() })
	err = c.Wait()
	took := time.Since(began)
	hung := !stop.Stop()
	if hung {
		endLeft()
	}
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return result{}, err
	}
	wait()
	return result{strings.ReplaceAll(out(), "\r", ""), c.ProcessState.ExitCode(), hung, took}, nil
}

// output starts the command, with a file or a new terminal for its output. What it leaves in the background may hold on
// to either and is not waited for.
func (r *trial) output(c *exec.Cmd) (out func() string, wait func(), err error) {
	f, err := os.CreateTemp(r.work, "out")
	if err != nil {
		return nil, nil, err
	}
	name := f.Name()
	out = func() string { b, _ := os.ReadFile(name); os.Remove(name); return string(b) }
	if !r.terminal {
		c.Stdout, c.Stderr = f, f
		err = c.Start()
		return out, func() { f.Close() }, err
	}
	master, err := pty.Start(c)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	done := make(chan struct{})
	go func() { _, _ = io.Copy(f, master); close(done) }() // EIO is its end
	return out, func() {
		select {
		case <-done:
		case <-time.After(time.Second):
		}
		master.Close()
		f.Close()
	}, nil
}

// leak opens the canary as one of many descriptors that the tool inherits.
func (r *trial) leak() error {
	for range 8 {
		fd, err := unix.Open(r.canary, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		r.extra = append(r.extra, os.NewFile(uintptr(fd), r.canary))
	}
	return nil
}

// adopt makes this process the parent of what its children leave, so that it can be found.
func adopt() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

// endLeft ends what a tool has left that was killed because it hung, and podman's process in the background with it.
func endLeft() {
	files, _ := filepath.Glob("/proc/self/task/*/children")
	for _, file := range files {
		b, _ := os.ReadFile(file) // a thread may have ended
		for word := range strings.FieldsSeq(string(b)) {
			pid, err := strconv.Atoi(word)
			if err != nil || unix.Kill(pid, unix.SIGKILL) != nil {
				continue
			}
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
	}
}
