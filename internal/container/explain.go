package container

import (
	"errors"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
)

// Error is a failure in words, with what to do about it. Every error that leaves this package is one, made by failure:
// one line, in lower case, that names what was tried, what came of it and who can do what.
type Error struct {
	Status int // for exit(2)
	Says   string
	Err    error
}

func (e *Error) Error() string { return e.Says }
func (e *Error) Unwrap() error { return e.Err }

// failure turns an error into what the user reads. l is the launch that failed, or nil for what is no launch. The host is
// looked at only here, when something has failed already.
func failure(l *launch, err error) error {
	if err == nil {
		return nil
	}
	if told, ok := err.(*Error); ok {
		return told // by whom it comes through
	}
	if l == nil {
		l = new(launch)
	}
	status, says := l.words(err)
	return &Error{status, says, err}
}

// words are the status and the sentence for an error: those of the first kind that it is of. What has none of its own has
// its own words, and advice where the errno allows that.
func (l *launch) words(err error) (status int, says string) {
	var told *Error
	var command *commandError
	if errors.As(err, &command) {
		return command.explain(l.bare)
	}
	for _, explain := range []func(error) string{explainLoss, explainCgroup, l.explainNetwork, explainPlace, explainMaps, l.explainProcess} {
		if says := explain(err); says != "" {
			return StatusFailed, says
		}
	}
	if errors.As(err, &told) {
		return told.Status, err.Error()
	}
	return StatusFailed, withAdvice(err)
}

// explainLoss is what the ladder says of a machine on which nothing works, or not all that must; "" for any other failure.
func explainLoss(err error) string {
	var nothing *ladder.NothingError
	var lost *ladder.LostError
	var call *os.SyscallError
	switch {
	case errors.As(err, &call) && call.Syscall == "clone" && isAny(err, unix.EMFILE, unix.ENFILE): // for its pidfd
		return "clone the container's first process: " + cause(err) + adviceOn(err)
	case errors.As(err, &nothing):
		return nothing.Error()
	case errors.As(err, &lost):
		return lost.Error()
	}
	return ""
}

// explainProcess is the sentence for a failure of the container's first process, or of what it is made from; "" for any other.
func (l *launch) explainProcess(err error) string {
	var step *forkexec.StepError
	var init *forkexec.InitError
	switch {
	case errors.As(err, &step):
		return l.explainStep(step)
	case errors.As(err, &init) && errors.Is(err, unix.EACCES):
		return init.Error() + "; " + memfdHint
	}
	return ""
}

func isAny(err error, list ...syscall.Errno) bool {
	return slices.ContainsFunc(list, func(e syscall.Errno) bool { return errors.Is(err, e) })
}

// longestCall is how much of a system call a message shows: an execveat has all
// arguments in it.
const longestCall = 300

// explainStep says what could not be done, why, what helps where the errno has a
// usual cause, and which step it was.
func (l *launch) explainStep(e *forkexec.StepError) string {
	f := l.fault(e)
	hint, whole := f.hint(surroundings())
	call := e.Call
	if len(call) > longestCall {
		call = call[:longestCall] + "…"
	}
	failed := " (step " + itoa(e.Index) + " failed: " + call
	if whole {
		return hint + failed + ", " + f.what + ")"
	}
	says := f.what + ": " + e.Errno.Error()
	if e.Says != "" {
		says += " (the kernel says: " + e.Says + ")"
	}
	if hint != "" {
		says += "; " + hint
	}
	return says + failed + ")"
}
