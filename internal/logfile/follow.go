package logfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// later opens the files that came after the one that is read to its end, and tells
// whether there is more to read.
func (r *reader) later() (more bool, err error) {
	// If there is none, one file has left the name and the next is yet to come.
	if _, err := os.Lstat(path(r.dir, 0)); errors.Is(err, fs.ErrNotExist) || isCurrent(r.dir, r.files) {
		return false, nil
	}
	all, err := openAll(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // the log was removed
	} else if err != nil {
		return false, err
	}
	// If mine has been removed, all are newer. If not, it stays the first, for what was
	// written between the look at its end and its new name, after which nothing is.
	for i, f := range all {
		if len(r.files) > 0 && same(f, r.files[0]) {
			closeAll(all[:i+1])
			all = all[i+1:]
			break
		}
	}
	r.files = append(r.files, all...)
	return len(all) > 0, nil
}

const (
	again   = 200 * time.Millisecond // to look at what makes no event, such as the container's end
	polling = 100 * time.Millisecond
)

// watcher is the inotify(7) instance for a directory, or -1 where the user may have no
// more of them.
type watcher struct{ fd int }

func watch(dir string) watcher {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return watcher{-1}
	}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		unix.Close(fd)
		return watcher{-1}
	}
	return watcher{fd}
}

// wait returns when something may have changed.
func (w watcher) wait(ctx context.Context) {
	if w.fd < 0 {
		select {
		case <-ctx.Done():
		case <-time.After(polling):
		}
		return
	}
	fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
	if n, err := unix.Poll(fds, int(again/time.Millisecond)); n <= 0 || err != nil {
		return
	}
	// Which events they are does not matter, and those that are left wake it again.
	var events [4096]byte
	_, _ = unix.Read(w.fd, events[:])
}

func (w watcher) close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
	}
}
