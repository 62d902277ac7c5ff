package container

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keyboard fills the pipe that the command has in place of the caller's terminal. Nobody can
// tell whether a command waits for input, and what urun reads is lost for whoever else reads
// this terminal: the shell that comes next, the less(1) that shows the output, the sudo(8)
// beside it that asks for a password. So it takes a line when the one before has been read
// inside, and only while the terminal is urun's to read; see free.
type keyboard struct {
	pipe   *os.File
	tty    int
	waits  syscall.RawConn // for the terminal, as Go waits; nil: it could not be opened once more
	silent bool            // the caller has the terminal show nothing that is typed
	master bool            // of a pty: whoever types is a program, and has no other reader
	over   atomic.Bool     // the command has ended
}

// newKeyboard looks at the terminal as the caller has left it, before another program of the
// pipeline can have changed it. Behind a shell's prompt it is as that has it.
func newKeyboard(pipe *os.File) *keyboard {
	k := &keyboard{pipe: pipe}
	if _, err := unix.IoctlGetInt(0, unix.TIOCGPTN); err == nil {
		k.master = true
	}
	if t, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil && k.foreground() {
		k.silent = t.Lflag&(unix.ICANON|unix.ECHO) == unix.ICANON
	}
	return k
}

// keyboardSize is the longest line of a terminal, and the smallest pipe.
const keyboardSize = 4096

// copy ends with the input, with the command, or when nobody inside can read it any more.
func (k *keyboard) copy() {
	defer k.pipe.Close()
	signal.Ignore(unix.SIGTTIN) // a read that comes too late is to fail, not to stop urun; not before the clone: it is inherited
	if !k.master {
		// Once more, so that a read does not wait when somebody else was faster: a mode of
		// descriptor 0 would be the caller's, too. After su(1) it is another user's.
		if tty, err := unix.Open("/proc/self/fd/0", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0); err == nil {
			f := os.NewFile(uintptr(tty), "terminal")
			defer f.Close()
			k.tty = tty
			k.waits, _ = f.SyscallConn() // it is open
		}
	}
	conn, err := k.pipe.SyscallConn()
	if err != nil {
		return
	}
	pipe := -1
	_ = conn.Control(func(fd uintptr) {
		// Room for a line: it can be written once that has been read inside. Without, more is read ahead.
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, keyboardSize)
		pipe = int(fd)
	})
	k.lines(pipe, conn)
}

func (k *keyboard) lines(pipe int, conn syscall.RawConn) {
	var b [keyboardSize]byte
	for room(conn) && k.wait(pipe) {
		n, err := unix.Read(k.tty, b[:])
		if err == unix.EINTR || err == unix.EAGAIN || err == unix.EIO && !k.foreground() {
			continue
		}
		if n <= 0 {
			return // Ctrl-D, or it has hung up
		}
		for line := b[:n]; len(line) > 0; line = line[n:] {
			if !room(conn) {
				return
			}
			if n, err = unix.Write(pipe, line); err == unix.EAGAIN {
				n = 0 // someone inside has written into it
			} else if err != nil {
				return
			}
		}
	}
}

// room waits until the pipe can be written. It tells whether anybody can read it.
func room(pipe syscall.RawConn) bool {
	var now int16
	err := pipe.Write(func(fd uintptr) bool {
		now = events(int(fd), unix.POLLOUT, 0)
		return now != 0
	})
	return err == nil && now&unix.POLLERR == 0
}

// wait returns when there is something to read, which nobody but the command can want.
func (k *keyboard) wait(pipe int) bool {
	for {
		if k.waits == nil {
			events(k.tty, unix.POLLIN, -1)
		} else if k.waits.Read(func(fd uintptr) bool { return events(int(fd), unix.POLLIN, 0) != 0 }) != nil {
			return false
		}
		if k.over.Load() || events(pipe, 0, 0) != 0 {
			return false
		}
		if k.free() {
			return true
		}
		time.Sleep(pause / 2) // it is for somebody else, or until urun is in the foreground
	}
}

// events are those of poll(2). To wait there would keep one of Go's processors, of which
// there may be two, from who installs the handlers of signals.
func events(fd int, of int16, timeout int) int16 {
	fds := []unix.PollFd{{Fd: int32(fd), Events: of}}
	for {
		if _, err := unix.Poll(fds, timeout); err != unix.EINTR {
			return fds[0].Revents
		}
	}
}

// free tells whether what is typed is for urun: in the foreground, and while the terminal
// hands over lines and shows them, as it does unless a program has taken it over.
func (k *keyboard) free() bool {
	t, err := unix.IoctlGetTermios(k.tty, unix.TCGETS)
	if err != nil {
		return true // it has hung up, which the read tells
	}
	return k.master || t.Lflag&unix.ICANON != 0 && (t.Lflag&unix.ECHO != 0 || k.silent) && k.foreground()
}

// foreground tells whether urun may read. In a terminal that does not control it, it may.
func (k *keyboard) foreground() bool {
	group, err := unix.IoctlGetInt(k.tty, unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
