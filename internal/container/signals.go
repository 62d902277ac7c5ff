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

// forwarded are the signals that reach the command: those that people and their
// tools send. Each one costs the start some time (see forward). Any other ends
// urun, and the container with it.
func (l *launch) forwarded() []os.Signal {
	list := []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2}
	if l.bare {
		return list // in urun's own group: the terminal stops and wakes both
	}
	return append(list, unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH)
}

// forward passes signals on to the command until stop is called. Each signal takes
// the runtime several switches of threads, a millisecond in all, which passes while
// the child works; until then a signal ends urun and the child with it. The handlers
// stay, because urun ends after the command.
func (l *launch) forward(c *forkexec.Child) (stop func()) {
	var mu sync.Mutex
	stopped := false
	go func() {
		ch := make(chan os.Signal, 32)
		signal.Notify(ch, l.forwarded()...)
		for s := range ch {
			mu.Lock()
			if !stopped {
				l.pass(c, s.(syscall.Signal))
			}
			mu.Unlock()
		}
	}()
	return func() {
		mu.Lock()
		stopped = true
		mu.Unlock()
	}
}

func (l *launch) pass(c *forkexec.Child, sig syscall.Signal) {
	if l.bare {
		if sig != unix.SIGINT && sig != unix.SIGQUIT || !foreground() {
			_ = c.Signal(sig, false)
		}
		return // a key of the terminal reaches the command by itself
	}
	switch sig {
	case unix.SIGWINCH:
		l.resize()
		if l.console != nil {
			return // the pty tells its foreground group
		}
	}
	// A terminal sends these to the whole foreground group. The container is in a
	// session of its own, so urun does it instead.
	group := (sig == unix.SIGINT || sig == unix.SIGQUIT || sig == unix.SIGTSTP || sig == unix.SIGCONT) && foreground()
	if l.noInit() && sig == unix.SIGTSTP {
		sig = unix.SIGSTOP // a first process has no default actions
	}
	// The only error is that it has ended, which wait4(2) tells better.
	_ = c.Signal(sig, group && !l.noInit())
	if sig == unix.SIGTSTP || sig == unix.SIGSTOP {
		l.suspend()
	}
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
