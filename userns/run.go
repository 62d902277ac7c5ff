package userns

import (
	"fmt"
	"strconv"
	"syscall"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// command is a helper with its arguments.
type command struct {
	helper Helper
	argv   []string
}

// arguments is the helper's command line: the process, then three numbers a line.
func arguments(h Helper, pid int, maps []specs.LinuxIDMapping) []string {
	argv := make([]string, 0, 2+3*len(maps))
	argv = append(argv, h.Name, strconv.Itoa(pid))
	for _, m := range maps {
		for _, v := range [...]uint32{m.ContainerID, m.HostID, m.Size} {
			argv = append(argv, strconv.FormatUint(uint64(v), 10))
		}
	}
	return argv
}

// running is a helper that was started.
type running struct {
	helper Helper
	pid    int
	pidfd  int
	stderr int // the reading end of its pipe
}

// runHelpers starts the commands side by side and waits for all of them. It uses
// neither os/exec nor goroutines: this is the longest part of a container's start,
// and a pidfd tells the end of a helper even when a child of it holds the pipe.
func runHelpers(deadline time.Duration, commands ...command) error {
	// No parent-death signal: the kernel clears it for a program that gets privileges,
	// prctl(2). A helper ends by itself when the process it is to map is gone.
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/null: %w", err)
	}
	defer unix.Close(null)

	var all []running
	var failed error
	for _, c := range commands {
		r, err := start(c, null)
		if err != nil {
			failed = &HelperError{Helper: c.helper, ExitCode: -1, Err: err}
			break
		}
		all = append(all, r)
	}
	late := await(all, time.Now().Add(deadline))
	for _, r := range all {
		if err := r.finish(late, deadline); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

func start(c command, null int) (running, error) {
	var pipe [2]int
	// Non-blocking at both ends: a helper that talks without end must not wait for a
	// reader, and the reader must not wait for a child the helper left behind.
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return running{}, fmt.Errorf("make a pipe: %w", err)
	}
	defer unix.Close(pipe[1])
	r := running{helper: c.helper, pidfd: -1, stderr: pipe[0]}
	var err error
	r.pid, err = syscall.ForkExec(c.helper.Path, c.argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   []string{"LC_ALL=C", "PATH=/usr/bin:/bin"},
		Files: []uintptr{uintptr(null), uintptr(null), uintptr(pipe[1])},
		Sys:   &syscall.SysProcAttr{PidFD: &r.pidfd},
	})
	if err != nil {
		unix.Close(pipe[0])
		return running{}, fmt.Errorf("run %s: %w", c.helper.Path, err)
	}
	return r, nil
}

// await waits until all have ended or the deadline has passed, which is late. A
// helper without a pidfd, which Linux before 5.3 does not give, is not waited for
// here.
func await(all []running, deadline time.Time) (late bool) {
	for {
		var fds []unix.PollFd
		for _, r := range all {
			if r.pidfd >= 0 && !r.ended() {
				fds = append(fds, unix.PollFd{Fd: int32(r.pidfd), Events: unix.POLLIN})
			}
		}
		if len(fds) == 0 {
			return false
		}
		left := time.Until(deadline)
		if left <= 0 {
			return true
		}
		if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && err != unix.EINTR {
			return true
		}
	}
}

func (r running) ended() bool {
	fds := []unix.PollFd{{Fd: int32(r.pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1
}

// finish reaps a helper, killing it if it is late, and says how it failed.
func (r running) finish(late bool, deadline time.Duration) error {
	defer unix.Close(r.stderr)
	if r.pidfd >= 0 {
		defer unix.Close(r.pidfd)
	}
	late = late && !r.ended()
	if late {
		// Allowed although the helper may be root by now: its real uid is the caller's,
		// kill(2).
		_ = unix.Kill(r.pid, unix.SIGKILL)
	}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(r.pid, &status, 0, nil)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return &HelperError{Helper: r.helper, ExitCode: -1, Err: fmt.Errorf("wait for it: %w", err)}
		}
	}
	if status.Exited() && status.ExitStatus() == 0 {
		return nil
	}
	failed := &HelperError{Helper: r.helper, ExitCode: status.ExitStatus(), Stderr: r.said()}
	switch {
	case late:
		failed.Err = fmt.Errorf("no answer within %s", deadline)
	case status.Signaled():
		failed.Err = fmt.Errorf("killed by signal %d", status.Signal())
	default:
		failed.Err = fmt.Errorf("exit status %d", status.ExitStatus())
	}
	return failed
}

func (r running) said() string {
	var b [1024]byte
	n, err := unix.Read(r.stderr, b[:])
	if err != nil {
		return ""
	}
	return printable(string(b[:max(n, 0)]))
}
