package container

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Exit statuses, as podman, docker and chroot(1) have them. Every verb has these and no others:
//
//	the command's own   of run, exec, unshare and attach: it ran and ended by itself
//	125                 urun failed, or was asked for what it cannot do; one line on stderr says why
//	126                 the command is there and cannot be executed
//	127                 the command is not there
//	128+n               signal n ended the command, or urun before the command ran
//	0                   of the other verbs, and of run -d and exec -d once the command runs
const (
	StatusFailed        = 125
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// Signalled is the status of what a signal has ended.
func Signalled(sig syscall.Signal) int { return 128 + int(sig) }

// statusOf is the exit status that a shell would have.
func statusOf(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return Signalled(ws.Signal())
	}
	return ws.ExitStatus()
}
