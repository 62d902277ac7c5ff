package cgroup2

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Watch counts the processes of a cgroup that the kernel killed for memory.
//
// systemd removes a scope as soon as its last process has ended, and the counter in
// memory.events goes with it, often before urun has seen that end. So the file is read
// whenever it changes. That is not enough: the kernel tells of a change at most once in
// ten milliseconds (CGROUP_FILE_NOTIFY_MIN_INTV), and "max", the limit was met, comes
// just before "oom_kill". When the counter was lost, three things together mean a kill:
// the limit was met, the last process was killed, and the whole machine's count of such
// kills in /proc/vmstat went up meanwhile.
type Watch struct {
	fd     int
	quit   int // an eventfd that ends the goroutine
	ended  chan struct{}
	before uint64 // the whole machine's kills when the watch began

	mu    sync.Mutex
	kills uint64
	met   bool // the limit was met
	gone  bool // the cgroup was removed
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
	w := &Watch{fd: fd, quit: quit, ended: make(chan struct{}), before: machineKills()}
	go w.loop()
	return w, nil
}

func (w *Watch) loop() {
	defer close(w.ended)
	fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLPRI}, {Fd: int32(w.quit), Events: unix.POLLIN}}
	// The first look makes poll(2) wait for changes after it.
	for w.look() {
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR || fds[1].Revents != 0 {
			return
		}
	}
}

// look reads the counters, unless the cgroup is gone.
func (w *Watch) look() bool {
	b, err := readAll(w.fd, "memory.events")
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil { // ENODEV
		w.gone = true
		return false
	}
	w.kills = max(w.kills, keyed(b, "oom_kill")) // another thread may have read later
	w.met = w.met || keyed(b, "max")+keyed(b, "oom") > 0
	return true
}

// Kills is how many processes were killed for memory so far. killed tells that the last
// of them is known to have ended by SIGKILL; the result is then 1 where the number was
// lost.
func (w *Watch) Kills(killed bool) uint64 {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kills == 0 && killed && w.gone && w.met && machineKills() > w.before {
		return 1
	}
	return w.kills
}

// machineKills is how many processes of the machine were killed for memory since it
// was started.
func machineKills() uint64 {
	b, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0 // what it is compared with is then 0, too
	}
	return keyed(string(b), "oom_kill")
}

// Close ends the watch.
func (w *Watch) Close() {
	// Eight bytes always fit.
	_, _ = unix.Write(w.quit, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	<-w.ended
	unix.Close(w.fd)
	unix.Close(w.quit)
}
