package ocispec

import (
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A file that a flag names is small. What it names by mistake may have no end, such as /dev/zero, or nobody who ever writes to
// it, such as a FIFO.
const (
	largestFile = 1 << 20 // bytes
	patience    = 10 * time.Second
)

// readSmall reads a file, or a pipe such as a shell's <(COMMAND), and says what is wrong with it, or "" when nothing is.
func readSmall(path string) (data []byte, why string) { return readWithin(path, patience) }

func readWithin(path string, patience time.Duration) (data []byte, why string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // which does not wait for who writes to a FIFO
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, cause(err)
	}
	switch kind := info.Mode().Type(); {
	case kind == os.ModeNamedPipe:
		until := time.Now().Add(patience)
		if !awaited(f, until) {
			return nil, "it is a pipe to which nobody has written for " + patience.String()
		}
		_ = f.SetReadDeadline(until) // pipes have one
	case kind == os.ModeDir:
		return nil, "it is a directory"
	case kind != 0 && !empty(info):
		return nil, "it is neither a file nor a pipe"
	}
	data, err = io.ReadAll(io.LimitReader(f, largestFile+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, "it is a pipe whose end has not come within " + patience.String()
	case err != nil:
		return nil, cause(err)
	case len(data) > largestFile:
		return nil, "it has more than " + strconv.Itoa(largestFile>>20) + " MiB"
	}
	return data, ""
}

// awaited waits until something can be read, or who wrote has gone. Of a FIFO that nobody has opened yet to write to it, a read
// would give the end at once.
func awaited(f *os.File, until time.Time) (there bool) {
	conn, err := f.SyscallConn() // Fd would take its deadlines away
	if err != nil {
		return false
	}
	_ = conn.Control(func(fd uintptr) { // it is open
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := 0, error(unix.EINTR)
		for err == unix.EINTR {
			n, err = unix.Poll(fds, max(0, int(time.Until(until).Milliseconds())))
		}
		there = n > 0
	})
	return there
}

// empty tells of /dev/null, which says that there is nothing.
func empty(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
