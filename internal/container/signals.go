package container

import (
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// relay passes signals on to the command. Until the command runs a signal that
// should end it ends the start instead: the child has all signals blocked, and may
// hang in a mount of a dead server.
type relay struct {
	first   sync.Once
	once    sync.Once
	signals chan os.Signal
	mu      sync.Mutex
	child   *forkexec.Child // nil while there is none
	running bool            // the command runs
	ended   syscall.Signal  // the signal that ended the start, or 0
}

// forwarded are the signals that reach the command: those that people and their
// tools send. Each one costs the start some time (see listen). The others are as Go
// has them: most end urun, and the container with it.
func (l *launch) forwarded() []os.Signal {
	list := []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2}
	if l.bare {
		return list // in urun's own group: the terminal stops and wakes both
	}
	return append(list, unix.SIGWINCH)
}

// listenForStop is for Ctrl-Z and what undoes it, and done while prepare looks around. Without it that key could stop urun and not the
// command, which runs by itself once the child has passed its last barrier.
func (l *launch) listenForStop() {
	r := &l.relay
	if l.bare {
		return
	}
	r.first.Do(func() {
		r.signals = make(chan os.Signal, 32)
		signal.Notify(r.signals, unix.SIGTSTP, unix.SIGCONT)
		go l.passAll()
	})
}

func (l *launch) passAll() {
	r := &l.relay
	for s := range r.signals {
		r.mu.Lock()
		l.pass(s.(syscall.Signal))
		r.mu.Unlock()
	}
}

// listen begins to pass signals on to c. To install the handlers takes the runtime
// several switches of threads for each, a millisecond in all, which passes while the
// child works; until then a signal ends urun and the child with it. The handlers
// stay, because urun ends after the command.
func (l *launch) listen(c *forkexec.Child) (stop func()) {
	r := &l.relay
	r.mu.Lock()
	r.child = c
	if r.ended != 0 { // in the background a signal may have come before
		_ = c.Signal(unix.SIGKILL, false)
	}
	r.mu.Unlock()
	r.once.Do(func() {
		if r.signals == nil {
			r.signals = make(chan os.Signal, 32)
			go l.passAll()
		}
		go signal.Notify(r.signals, l.forwarded()...)
	})
	return func() {
		r.mu.Lock()
		r.child, r.running = nil, false
		r.mu.Unlock()
	}
}

// runs tells the relay that the command runs.
func (r *relay) runs() {
	r.mu.Lock()
	r.running = true
	r.mu.Unlock()
}

// runningNow tells whether the command runs.
func (r *relay) runningNow() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running
}

// interrupted is the signal that ended the start, or 0.
func (r *relay) interrupted() syscall.Signal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// pass deals with one signal; the relay is locked. Errors of sending are of a
// command that has ended, which wait4(2) tells better.
func (l *launch) pass(sig syscall.Signal) {
	r := &l.relay
	switch {
	case sig == unix.SIGWINCH && l.console != nil:
		l.resize() // the pty tells its foreground group
	case !r.running:
		l.passEarly(sig)
	case r.child == nil:
	case l.bare:
		// A key of the terminal reaches the command by itself.
		if sig != unix.SIGINT && sig != unix.SIGQUIT {
			_ = r.child.Signal(sig, false)
		}
	case sig == unix.SIGTSTP && l.noInit():
		_ = r.child.Signal(unix.SIGSTOP, false) // a first process has no default actions
		l.suspend()
	default:
		_ = r.child.Signal(sig, !l.noInit() && forGroup(sig))
		if sig == unix.SIGTSTP {
			l.suspend()
		}
	}
}

// passEarly deals with a signal before the command runs.
func (l *launch) passEarly(sig syscall.Signal) {
	r := &l.relay
	switch sig {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
		r.ended = sig
		l.place.interrupt()
		l.net.interrupt()
		if r.child != nil {
			_ = r.child.Signal(unix.SIGKILL, false)
		}
	case unix.SIGTSTP:
		r.stopAll(unix.SIGSTOP)
		l.suspend()
		r.stopAll(unix.SIGCONT)
	case unix.SIGUSR1, unix.SIGUSR2:
		if r.child != nil {
			_ = r.child.Signal(sig, false)
		}
	}
}

// stopAll reaches the child, and the command if there is one that urun does not know of yet. Both are in the child's process
// group, whose number is the child's as long as nobody has waited for that. Errors are of a child that has ended, or is not yet
// in a group of its own and so has no command.
func (r *relay) stopAll(sig syscall.Signal) {
	if r.child != nil {
		_ = r.child.Signal(sig, false)
		_ = unix.Kill(-r.child.Pid, sig)
	}
}

// forGroup tells whether a signal is for all of the command's group. A terminal
// sends what its keys mean to the whole foreground group; the container is in a
// session of its own, so urun does it instead. And whoever was stopped with the
// group is woken with it, also by bg, when urun is not in the foreground.
func forGroup(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGCONT:
		return true
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP:
		return foreground()
	}
	return false
}

// suspend stops urun after the command, as the shell that sent SIGTSTP expects,
// with the terminal as it was before.
func (l *launch) suspend() {
	l.console.restore()
	// To this thread: one to the process can reach another thread, and this one would
	// go on for a moment before it stops.
	runtime.LockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP) // it cannot fail
	runtime.UnlockOSThread()
	l.console.raw()
	l.resize() // who is stopped is not told of a new size
}

// foreground tells whether urun's process group has its terminal, so that a
// signal may have come from a key.
func foreground() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
