package network

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// foreign is a helper that a driver of rootlesskit's has started and does not show.
type foreign struct {
	name  string
	pid   int
	pidfd int
}

// adopt makes what turns itself into a daemon a child of ours instead of init's, until
// undo: rootlesskit's pasta driver lets go of pasta, which older versions do not
// survive well, and nobody could end it.
func adopt() (undo func()) {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	return func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }
}

// children are the processes that are children of this one: proc_pid_children(5).
func children() (pids []int) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		b, _ := os.ReadFile("/proc/self/task/" + t.Name() + "/children")
		for f := range strings.FieldsSeq(string(b)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// newChildren are those of a program's that were not there before.
func newChildren(before []int, program string) (list []foreign) {
	for _, pid := range children() {
		comm, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
		name := strings.TrimSpace(string(comm))
		// pasta.avx2, or passt.avx2, whose other name it is
		if slices.Contains(before, pid) || !strings.HasPrefix(name, program) && !(program == "pasta" && strings.HasPrefix(name, "passt")) {
			continue
		}
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			list = append(list, foreign{program, pid, fd})
		}
	}
	return list
}

// wait waits for its end.
func (f foreign) wait() {
	fds := []unix.PollFd{{Fd: int32(f.pidfd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); err != unix.EINTR {
			return
		}
	}
}

// end ends and reaps it; rootlesskit's driver may have done so.
func (f foreign) end() {
	_ = unix.PidfdSendSignal(f.pidfd, unix.SIGKILL, nil, 0)
	f.wait()
	_, _ = unix.Wait4(f.pid, nil, unix.WNOHANG, nil)
	unix.Close(f.pidfd)
}
