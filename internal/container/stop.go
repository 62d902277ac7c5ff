package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
)

// defaultStop is how long a command may take to end when it is asked to, as with podman.
const defaultStop = 10 * time.Second

// killDeadline is how long it takes at most to kill a container and to tidy up.
const killDeadline = 20 * time.Second

// Stopping is how a container is stopped.
type Stopping struct {
	Signal  syscall.Signal // 0: the container's own choice, or SIGTERM
	Timeout *time.Duration // after which it is killed; negative: never; nil: the container's own choice, or ten seconds
	Notice  func(line string)
}

// Stop asks the container's command to end, kills the container if it does not, and
// returns when everything of it is gone. One that has ended already is stopped.
func (a Access) Stop(r state.Record, how Stopping) error {
	if !r.Alive {
		return nil
	}
	w, err := a.waiter(r)
	if err != nil || w == nil {
		return failure(nil, err)
	}
	defer w.Close()
	sig, patience := how.of(r)
	if patience != 0 {
		if err := a.ask(r, w, sig); err != nil {
			return failure(nil, err)
		}
		if a.gone(w, patience) {
			return nil
		}
		how.Notice(fmt.Sprintf("the container %s has not ended %v after %s and is killed", quote(r.Called()), patience, unix.SignalName(sig)))
	}
	return failure(nil, a.kill(r, w))
}

func (how Stopping) of(r state.Record) (sig syscall.Signal, patience time.Duration) {
	sig, patience = how.Signal, defaultStop
	if sig == 0 {
		sig = syscall.Signal(r.StopSignal)
	}
	if sig == 0 {
		sig = unix.SIGTERM
	}
	switch {
	case how.Timeout != nil:
		patience = *how.Timeout
	case r.StopTimeout != nil:
		patience = time.Duration(*r.StopTimeout) * time.Second
	}
	if patience < 0 {
		patience = 100 * 365 * 24 * time.Hour
	}
	return sig, patience
}

// signal sends the signal to the command, also when it is paused: then it goes on, or it
// would never see it.
func (a Access) signal(r state.Record, sig syscall.Signal) error {
	running, err := a.open(r)
	if err != nil {
		return err
	}
	defer running.Close()
	if err := running.Kill(sig, false); err != nil {
		return err
	}
	if running.Paused() {
		return running.Pause(false)
	}
	return nil
}

// ask sends the signal. A container that is just ending needs none.
func (a Access) ask(r state.Record, w *state.Waiter, sig syscall.Signal) error {
	err := a.signal(r, sig)
	if err != nil && (w.Ended() || r.Pid > 0 && (&Running{Record: r}).ending()) {
		return nil
	}
	return err
}

// kill kills the container, and its urun if that does not see it, and waits for the end.
func (a Access) kill(r state.Record, w *state.Waiter) error {
	if err := a.ask(r, w, unix.SIGKILL); err != nil {
		return err
	}
	if a.gone(w, killDeadline) {
		return nil
	}
	return failure(nil, fmt.Errorf("the container %s was killed, and its urun, process %d, has not tidied up after it for %v; it may be stopped (Ctrl-Z): let it go on, or kill it",
		quote(r.Called()), r.Urun, killDeadline))
}

// gone waits until the container has ended.
func (a Access) gone(w *state.Waiter, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := w.Await(ctx)
	return err == nil || errors.Is(err, state.ErrUnknown)
}

// waiter waits for the container; nil when it has ended and its record is gone.
func (a Access) waiter(r state.Record) (*state.Waiter, error) {
	dir, err := state.Open(a.States)
	if err != nil {
		return nil, failure(nil, err)
	}
	w, err := dir.Wait(r.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return w, failure(nil, err)
}

// Waiting is someone who waits for the end of a container, also of one whose record goes
// with it.
type Waiting struct {
	record state.Record
	w      *state.Waiter // nil: it has ended already
}

// Wait begins to wait for the end of a container.
func (a Access) Wait(r state.Record) (*Waiting, error) {
	if !r.Alive {
		return &Waiting{record: r}, nil
	}
	w, err := a.waiter(r)
	if err == nil && w == nil {
		err = failure(nil, fmt.Errorf("the container %s has just ended", quote(r.Called())))
	}
	return &Waiting{r, w}, err
}

// End waits until the container has ended, and gives its exit status.
func (w *Waiting) End(ctx context.Context) (status int, err error) {
	if w.w == nil {
		return w.record.ExitCode, nil
	}
	defer w.w.Close()
	status, err = w.w.Await(ctx)
	if errors.Is(err, state.ErrUnknown) {
		err = fmt.Errorf("how the container %s ended is not known: %w", quote(w.record.Called()), err)
	}
	return status, failure(nil, err)
}

// Remove removes what is kept of a container that has ended.
func (a Access) Remove(r state.Record) error {
	dir, err := state.Open(a.States)
	if err != nil {
		return failure(nil, err)
	}
	var logs error
	collect, done := a.collector()
	defer done()
	err = dir.Remove(r.ID, func(now state.Record) {
		if _, err := os.Lstat(now.Cgroup); now.Cgroup != "" && err == nil {
			collect(now) // its urun could not remove it
		}
		if now.Log != "" {
			logs = state.RemoveLog(now.Log, logfile.Remove)
		}
	})
	var running *state.RunningError
	if errors.As(err, &running) {
		err = fmt.Errorf("%w; urun stop %s ends it, urun rm --force %s kills and removes it", err, r.Called(), r.Called())
	}
	if errors.Is(logs, os.ErrNotExist) {
		logs = nil
	}
	return failure(nil, errors.Join(err, logs))
}
