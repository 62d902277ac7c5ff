package container

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
)

// Exit statuses of urun itself, as podman, docker and chroot(1) have them.
const (
	StatusFailed        = 125 // urun failed
	StatusNotExecutable = 126 // the command is there but could not be executed
	StatusNotFound      = 127 // the command is not there
)

// Error is a failure in words, with what to do about it.
type Error struct {
	Status int // for exit(2)
	Says   string
	Err    error
}

func (e *Error) Error() string { return e.Says }
func (e *Error) Unwrap() error { return e.Err }

// rootfsError is a rootfs that cannot be used.
type rootfsError struct {
	path string
	err  error
}

func (e *rootfsError) Error() string { return "rootfs " + e.path + ": " + cause(e.err) }
func (e *rootfsError) Unwrap() error { return e.err }

// volumeError is a volume whose source cannot be used.
type volumeError struct {
	source string
	err    error
}

func (e *volumeError) Error() string { return "volume " + e.source + ": " + cause(e.err) }
func (e *volumeError) Unwrap() error { return e.err }

// commandError is a command that could not be started, as the init reported it.
type commandError struct {
	name, candidate string
	errno           syscall.Errno
	interpreter     bool // the file is there, the program that would run it is not
	process         bool // there could be no process for it
}

func (e *commandError) Error() string { return e.name + ": " + e.errno.Error() }
func (e *commandError) Unwrap() error { return e.errno }

// interruptedError is a start that a signal ended.
type interruptedError struct{ signal syscall.Signal }

func (e *interruptedError) Error() string { return "ended by signal: " + e.signal.String() }

// mountPointError is a mount point that is missing in a rootfs that cannot be written.
type mountPointError struct{ *forkexec.StepError }

func (e *mountPointError) Unwrap() error { return e.StepError }

// stepFailed tells a missing mount point, for which there is another way, from
// other failures.
func (l *launch) stepFailed(e *forkexec.StepError) error {
	if l.tree.Makes(forkexec.Ref(e.Index)) {
		switch e.Errno {
		case unix.EACCES, unix.EPERM, unix.EROFS:
			return &mountPointError{e}
		}
	}
	return e
}

// failure turns an error into what the user reads.
func failure(l *launch, err error) error {
	if err == nil {
		return nil
	}
	out := &Error{Status: StatusFailed, Says: err.Error(), Err: err}
	var (
		rootfs  *rootfsError
		volume  *volumeError
		command *commandError
		step    *forkexec.StepError
		init    *forkexec.InitError
	)
	says := explainCgroup(err)
	if says == "" {
		says = l.explainNetwork(err)
	}
	switch {
	case says != "":
		out.Says = says
	case errors.As(err, &rootfs):
		out.Says = "rootfs " + quote(rootfs.path) + " " + unusable(rootfs.err, "a directory with a root file system in it")
	case errors.As(err, &volume):
		out.Says = "volume source " + quote(volume.source) + " " + unusable(volume.err, "")
	case errors.As(err, &command):
		out.Status, out.Says = command.explain()
	case errors.As(err, &step):
		out.Says = l.explainStep(step)
	case errors.As(err, &init):
		out.Says = init.Error() + explainInit(init)
	}
	return out
}

// cause is the errno's text, without the path that the message already has.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

func unusable(err error, want string) string {
	switch {
	case errors.Is(err, unix.ENOENT):
		if want != "" {
			return "does not exist; it must be " + want
		}
		return "does not exist; create it first"
	case errors.Is(err, errEmpty):
		return "is empty; it must be " + want
	case errors.Is(err, unix.ENOTDIR):
		return "is not a directory; it must be " + want
	case errors.Is(err, unix.EACCES):
		return "may not be looked at by you: " + cause(err) + "; check the permissions of it and of the directories above it"
	case errors.Is(err, unix.ELOOP):
		return "is a symbolic link that leads in a circle"
	}
	return "cannot be used: " + cause(err)
}

func (e *commandError) explain() (status int, says string) {
	switch {
	case e.process:
		return StatusFailed, "the container's init cannot start a process for the command: " + e.errno.Error() + "; see --pids-limit, --ulimit nproc and ulimit -u"
	case e.interpreter:
		return StatusNotFound, quote(e.candidate) + " is there, but the interpreter it names (the #! line, or the dynamic loader of an ELF file) is not in the rootfs"
	case e.errno == unix.ENOENT && strings.Contains(e.name, "/"):
		return StatusNotFound, "command " + quote(e.name) + " is not in the rootfs"
	case e.errno == unix.ENOENT:
		return StatusNotFound, "command " + quote(e.name) + " is not in the rootfs's PATH; give its path, or set PATH with -e"
	case e.errno == unix.EACCES:
		return StatusNotExecutable, "command " + quote(e.candidate) + " may not be executed: no x permission for this user, a directory, or on a mount with noexec"
	case e.errno == unix.ENOEXEC:
		return StatusNotExecutable, "command " + quote(e.candidate) + " is no program of this machine: another architecture, or a script without a #! line"
	case e.errno == unix.E2BIG:
		return StatusNotExecutable, "arguments and environment are too long for execve(2)"
	}
	return StatusNotExecutable, "command " + quote(e.candidate) + " cannot be executed: " + e.errno.Error()
}

// longestCall is how much of a system call a message shows: an execveat has all
// arguments in it.
const longestCall = 300

// explainStep says what could not be done, why, what helps where the errno has a
// usual cause, and which step it was.
func (l *launch) explainStep(e *forkexec.StepError) string {
	says := e.Step.Why + ": " + e.Errno.Error()
	if e.Says != "" {
		says += " (the kernel says: " + e.Says + ")"
	}
	if hint := l.hint(e); hint != "" {
		says += "; " + hint
	}
	call := e.Call
	if len(call) > longestCall {
		call = call[:longestCall] + "…"
	}
	return fmt.Sprintf("%s (step %d failed: %s)", says, e.Index, call)
}

func (l *launch) hint(e *forkexec.StepError) string {
	trap, errno := e.Step.Trap, e.Errno
	switch {
	case errno == mount.Changed:
		return "it was replaced while the container started; try again"
	case (e.Index == l.at.cwd || e.Index == l.at.cwd+1) && l.hides(l.spec.Process.Cwd):
		return "--deny hides it; choose another with -w"
	case e.Index == l.at.cwd && errno == unix.ENOENT && l.root.Host:
		return "with / as rootfs /tmp, /var/tmp and /run are empty; show the directory with -v, or choose another with -w"
	case e.Index == l.at.cwd && errno == unix.ENOENT:
		return "make the directory in the rootfs, or choose another with -w"
	case errno == unix.ENOSYS:
		return lacksCall(release())
	case errno == unix.EROFS && e.Step.Trap == 0:
		return "files in the directory belong to ids that are not mapped now; start with the --userns that it was made with, or choose another directory"
	case errno == unix.EXDEV && e.Step.Trap == 0:
		return "the working directory leads out of the container; choose another with -w"
	case trap == unix.SYS_EXECVEAT && errno == unix.E2BIG:
		return "arguments and environment are too long for execve(2)"
	case trap == unix.SYS_EXECVEAT && errno == unix.EACCES:
		return memfdHint
	case l.tree.Makes(forkexec.Ref(e.Index)):
		return "the mount point is missing and cannot be made; make it in the rootfs, or use --ephemeral"
	case trap == unix.SYS_OPENAT2:
		return openHint(errno)
	case trap == unix.SYS_MOUNT_SETATTR && errno == unix.EPERM:
		return "an option of the host's mount, such as its atime setting, cannot be changed from a user namespace"
	case trap == unix.SYS_OPEN_TREE && errno == unix.EINVAL:
		return "mounts below it belong to the host and cannot be left out; use rbind instead of bind"
	case (trap == unix.SYS_MOVE_MOUNT || trap == unix.SYS_FSMOUNT || trap == unix.SYS_OPEN_TREE) && errno == unix.ENOSPC:
		return "the mount namespace is full, which has nothing to do with the disk: an administrator can raise the sysctl fs.mount-max"
	case trap == unix.SYS_MOVE_MOUNT && (errno == unix.ENOTDIR || errno == unix.EINVAL):
		return "a directory can be mounted only on a directory, a file only on a file"
	case trap == unix.SYS_FCHDIR && errno == unix.EACCES:
		return "this user may not enter it; choose another with -w"
	case trap == unix.SYS_FSCONFIG && errno == unix.EINVAL && strings.Contains(e.Step.Why, "id="):
		return "the id must be one that exists in the container; see --userns"
	case trap == unix.SYS_WRITE && errno == unix.EINVAL:
		return "the kernel takes no such value for it"
	case trap == unix.SYS_PRLIMIT64 && errno == unix.EPERM:
		return "a hard limit can only be lowered; see ulimit -H"
	case trap == unix.SYS_SETGROUPS && errno == unix.EPERM:
		return "supplementary groups cannot be set here"
	case (errno == unix.EPERM || errno == unix.EACCES) && restricted():
		return appArmorHint
	}
	return ""
}

func openHint(errno syscall.Errno) string {
	switch errno {
	case unix.ELOOP:
		return "a symbolic link is in the way where urun wants none, or leads out of the container"
	case unix.ENOTDIR:
		return "what the rootfs has there is no directory, and one is needed"
	case unix.ENOENT:
		return "it does not exist, or is a link to something that does not"
	case unix.EACCES:
		return "the rootfs has it under permissions or an owner that the container's root has no power over"
	}
	return ""
}

const memfdHint = "the sysctl vm.memfd_noexec forbids to execute urun's init; an administrator can set it to 0 or 1"

func explainInit(e *forkexec.InitError) string {
	if errors.Is(e, unix.EACCES) {
		return "; " + memfdHint
	}
	return ""
}
