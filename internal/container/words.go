package container

import (
	"errors"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

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

// cause is the errno's text, without the path that the message already has.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// explainPlace is the sentence for a directory that cannot be used; "" for any other failure.
func explainPlace(err error) string {
	var rootfs *rootfsError
	var volume *volumeError
	switch {
	case errors.As(err, &rootfs):
		return "rootfs " + quote(rootfs.path) + " " + unusable(rootfs.err, "a directory with a root file system in it")
	case errors.As(err, &volume):
		return "volume source " + quote(volume.source) + " " + unusable(volume.err, "")
	}
	return ""
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
	case errors.Is(err, unix.ENOTDIR) && want == "":
		return "leads through a file as if that were a directory; name what exists"
	case errors.Is(err, unix.ENOTDIR):
		return "is not a directory; it must be " + want
	case errors.Is(err, unix.EACCES):
		return "may not be looked at by you: " + cause(err) + "; check the permissions of it and of the directories above it"
	case errors.Is(err, unix.ELOOP):
		return "is a symbolic link that leads in a circle; name the directory itself"
	}
	return "cannot be used: " + cause(err) + adviceOn(err)
}

// explain is the status and the sentence. A command of urun unshare is the host's, and has no rootfs.
func (e *commandError) explain(bare bool) (status int, says string) {
	where, path := "in the rootfs", "the rootfs's PATH; give its path, or set PATH with -e"
	if bare {
		where, path = "there", "your PATH; give its path"
	}
	switch {
	case e.process:
		return StatusFailed, "the container's init cannot start a process for the command: " + e.errno.Error() + "; see --pids-limit, --ulimit nproc and ulimit -u"
	case e.interpreter:
		return StatusNotFound, quote(e.candidate) + " is there, but the interpreter it names (the #! line, or the dynamic loader of an ELF file) is not " + where
	case e.errno == unix.ENOENT && strings.Contains(e.name, "/"):
		return StatusNotFound, "command " + quote(e.name) + " is not " + where
	case e.errno == unix.ENOENT:
		return StatusNotFound, "command " + quote(e.name) + " is not in " + path
	case e.errno == unix.EACCES:
		return StatusNotExecutable, "command " + quote(e.candidate) + " may not be executed: no x permission for this user, a directory, or on a mount with noexec"
	case e.errno == unix.ENOEXEC:
		return StatusNotExecutable, "command " + quote(e.candidate) + " is no program of this machine: another architecture, or a script without a #! line"
	case e.errno == unix.E2BIG:
		return StatusNotExecutable, "arguments and environment are too long for execve(2); leave some out, or hand them over in a file"
	case e.errno == unix.ELOOP:
		return StatusNotExecutable, "command " + quote(e.candidate) + " is a symbolic link that leads in a circle"
	}
	return StatusNotExecutable, "command " + quote(e.candidate) + " cannot be executed: " + e.errno.Error()
}

// explainMaps is the sentence for an id map that could not be written; "" for any other failure. Where a security module
// stands behind it, the ladder knows.
func explainMaps(err error) string {
	var file *userns.MapError
	var helper *userns.HelperError
	switch {
	case errors.As(err, &helper):
		return "map the ids: " + helper.Error() + "; every id of the map must be yours in /etc/subuid and /etc/subgid, where an administrator adds ranges (usermod --add-subuids, --add-subgids)"
	case !errors.As(err, &file):
		return ""
	case errors.Is(err, unix.EPERM):
		return file.Error() + "; a user may map only his own id; more takes newuidmap and a range in /etc/subuid and /etc/subgid"
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EACCES):
		return file.Error() + "; /proc hides processes from you (hidepid), or is another pid namespace's: an administrator mounts it anew"
	}
	return file.Error() + "; see --userns, --uidmap and --gidmap"
}
