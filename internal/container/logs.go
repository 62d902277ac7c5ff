package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
)

// Logs gives the lines of a container's log to emit. With Follow it returns when the
// container has ended.
func (a Access) Logs(ctx context.Context, r state.Record, q logfile.Query, emit func(logfile.Line) error) error {
	switch {
	case r.Log == "" && !r.Detached:
		return failure(nil, fmt.Errorf("the container %s is in the foreground: its output is where it was started, and no log is kept", quote(r.Called())))
	case r.Log == "" && !r.Alive:
		return failure(nil, fmt.Errorf("the container %s kept no log (--log-driver none)", quote(r.Called())))
	case r.Log == "":
		return failure(nil, fmt.Errorf("the container %s keeps no log (--log-driver none); urun attach shows what it writes from now on", quote(r.Called())))
	}
	over := func() bool { return true }
	if r.Alive && q.Follow {
		w, err := a.waiter(r)
		if err != nil {
			return failure(nil, err)
		}
		if w != nil {
			defer w.Close()
			over = w.Ended
		}
	}
	err := logfile.Read(ctx, r.Log, q, over, emit)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the log of the container %s is gone: %w", quote(r.Called()), err)
	}
	return failure(nil, err)
}
