package container

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// mapsError is a map of one id, or one that was asked for, that the kernel has refused.
type mapsError struct{ error }

func (e *mapsError) Unwrap() error { return e.error }

// lower takes the next lower rung after a failure, if there is one. The error it
// returns says why there is none.
func (l *launch) lower(err error) (again bool, _ error) {
	var (
		helper  *userns.HelperError
		maps    *mapsError
		call    *os.SyscallError
		errno   syscall.Errno
		step    *forkexec.StepError
		scope   *scopeError
		net     *networkError
		missing *mountPointError
	)
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &helper):
		return l.lowerIDs(helper, err)
	case errors.As(err, &maps):
		return false, l.nothing(err, func(h *ladder.Host) { h.Mapped, h.Guards = maps.error, refusers(0) })
	case errors.As(err, &call) && (call.Syscall == "clone" || call.Syscall == "unshare") && errors.As(err, &errno):
		return false, l.nothing(err, func(h *ladder.Host) { h.Guards = refusers(errno) })
	case errors.As(err, &step) && step.Errno == syscall.ENOSYS && ladder.OldKernel(release()) != "":
		return false, l.learn(func(h *ladder.Host) { h.Kernel = release() }) // not wrapped: which step it was is of no interest
	case errors.As(err, &step) && l.lacksOverlay(step):
		return l.lowerLayers(step)
	case errors.As(err, &scope):
		if lost := l.learn(func(h *ladder.Host) { h.Cgroups.Scope = scope.cause }); lost != nil {
			return false, lost
		}
		return true, l.place.without()
	case errors.As(err, &net):
		return l.lowerNetwork(net, err)
	case errors.As(err, &missing) && l.root.Skeleton == nil && l.opt.Image == nil && !l.root.Host && l.skeleton() == nil && len(l.root.Skeleton) > 0:
		if l.root.Ephemeral || l.root.Store != nil {
			return true, nil
		}
		lost := l.learn(func(h *ladder.Host) { h.MountPoints = ladder.No })
		return lost == nil, lost
	}
	return false, err
}

// nothing is the error of a start for which there is no rung, with everything that was tried.
func (l *launch) nothing(err error, more func(*ladder.Host)) error {
	why := l.learn(more)
	var n *ladder.NothingError
	if errors.As(why, &n) {
		n.Err = err
		return n
	}
	return err
}

// lowerIDs does without newuidmap and newgidmap.
func (l *launch) lowerIDs(helper *userns.HelperError, err error) (again bool, _ error) {
	if _, ok := userns.Fallback(l.ids, err); !ok {
		return false, err
	}
	if lost := l.learn(func(h *ladder.Host) { h.Helper = helper }); lost != nil {
		return false, lost
	}
	if l.bare {
		return true, nil
	}
	if worse := l.chooseLayers(); worse != nil {
		return false, worse
	}
	if worse := l.finalize(); worse != nil {
		return false, fmt.Errorf("%w; and with one id instead: %w", err, worse)
	}
	return true, nil
}

// lowerNetwork leaves out the driver that has failed, if another may be taken.
func (l *launch) lowerNetwork(failed *networkError, err error) (again bool, _ error) {
	if l.net.wish.Mode != network.Auto || l.net.setup == nil {
		return false, err
	}
	why := failed.cause
	var step *forkexec.StepError
	if errors.As(why, &step) {
		why = errors.New(l.explainStep(step))
	}
	worse := l.learn(func(h *ladder.Host) {
		h.Failed = append(slices.Clip(h.Failed), ladder.Failure{Mode: failed.mode, Err: why})
	})
	var strict *ladder.LostError
	if errors.As(worse, &strict) {
		return false, worse
	}
	return worse == nil, err
}
