package cgroup2

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Watch counts the processes of a cgroup that the kernel killed for memory. A scope is
// removed by systemd as soon as its last process has ended, and with it the counter, so
// it is read whenever it changes: the count goes up before the victim is killed.
type Watch struct {
	fd    int
	quit  int // an eventfd that ends the goroutine
	ended chan struct{}
	mu    sync.Mutex
	kills uint64
}

// Watch begins to watch. Without the memory controller it gives os.ErrNotExist.
func (g *Group) Watch() (*Watch, error) {
	fd, err := unix.Openat(int(g.dir.Fd()), "memory.events", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "memory.events", Err: err}
	}
	quit, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	w := &Watch{fd: fd, quit: quit, ended: make(chan struct{})}
	go w.loop()
	return w, nil
}

func (w *Watch) loop() {
	defer close(w.ended)
	fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLPRI}, {Fd: int32(w.quit), Events: unix.POLLIN}}
	// The first look makes poll(2) wait for changes after it.
	for gone := w.look(); !gone; gone = w.look() {
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR || fds[1].Revents != 0 {
			return
		}
	}
}

// look reads the counters, unless the cgroup is gone.
func (w *Watch) look() (gone bool) {
	b, err := readAll(w.fd, "memory.events")
	if err != nil {
		return true // ENODEV
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kills = max(w.kills, keyed(b, "oom_kill")) // another thread may have read later
	return false
}

// Kills is how many processes were killed for memory so far.
func (w *Watch) Kills() uint64 {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kills
}

// Close ends the watch.
func (w *Watch) Close() {
	// Eight bytes always fit.
	_, _ = unix.Write(w.quit, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	<-w.ended
	unix.Close(w.fd)
	unix.Close(w.quit)
}
