package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// End writes down how the container ended, where [Waiter] reads it also when the record is removed.
func (e *Entry) End(status int) {
	_, _ = e.lock.WriteAt([]byte(strconv.Itoa(status)+"\n"), 0) // without it, what is waited for has ended all the same
}

// Waiter waits for the end of a container.
type Waiter struct{ lock *os.File }

// ErrUnknown tells that a container has ended and nobody knows how, because its urun was killed.
var ErrUnknown = errors.New("its urun was killed, and the container with it")

// Wait begins to wait for the container. It ends also when that is removed.
func (d *Dir) Wait(id string) (*Waiter, error) {
	f, err := os.OpenFile(filepath.Join(d.path, id, lockFile), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	return &Waiter{f}, err
}

// Close ends the waiting.
func (w *Waiter) Close() { w.lock.Close() }

// Ended tells whether its urun has let go of the container.
func (w *Waiter) Ended() bool {
	if flock(w.lock, unix.LOCK_SH|unix.LOCK_NB) != nil {
		return false
	}
	_ = flock(w.lock, unix.LOCK_UN)
	return true
}

// Await waits until it has, or ctx is done, and gives the exit status.
func (w *Waiter) Await(ctx context.Context) (status int, err error) {
	for pause := time.Millisecond; !w.Ended(); pause = min(2*pause, 50*time.Millisecond) {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
	b := make([]byte, 16)
	n, _ := w.lock.ReadAt(b, 0) // nothing is there when nobody could write it
	if status, err = strconv.Atoi(strings.TrimSpace(string(b[:n]))); err != nil {
		return 0, ErrUnknown
	}
	return status, nil
}

// RunningError tells that a container runs, which must not for what was asked.
type RunningError struct{ Name string }

func (e *RunningError) Error() string {
	return "the container " + strconv.Quote(e.Name) + " is running"
}

// Remove removes the record of a container that has ended. also is done before, while
// nobody else changes records.
func (d *Dir) Remove(id string, also func(Record)) error {
	return d.locked(func() error {
		f := d.one(id)
		if f.Alive {
			return &RunningError{f.Called()}
		}
		if also != nil {
			also(f.Record)
		}
		dead := Entry{dir: filepath.Join(d.path, id), Record: f.Record}
		dead.remove()
		return nil
	})
}

// Spec reads the final specification of a container into v.
func (d *Dir) Spec(id string, v any) error {
	b, err := os.ReadFile(filepath.Join(d.path, id, specFile))
	if err != nil {
		return err
	}
	return decode(b, v)
}

// Filter reads the filter of a container's system calls, which is there once its specification is.
func (d *Dir) Filter(id string) ([]byte, error) {
	return os.ReadFile(filepath.Join(d.path, id, filterFile))
}

// Of is the directory of a container's record.
func (d *Dir) Of(id string) string { return filepath.Join(d.path, id) }
