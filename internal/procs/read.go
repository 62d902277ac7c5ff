package procs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// entry is what /proc says of a process, before anything is translated.
type entry struct {
	stat
	status
	host    int
	args    []string
	uids    []span
	gids    []span
	at      time.Time // when it was read
	elapsed time.Duration
}

// all are the processes that there are.
func all() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// read reads a process, or nothing when it is no member or has ended.
func read(pid int, member func(dir int) bool) (*entry, error) {
	// The handle is of no other process when the number is given away meanwhile.
	dir, err := unix.Open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the process %d: %w", pid, err)
	}
	defer unix.Close(dir)
	if !member(dir) {
		return nil, nil
	}
	e, err := fill(dir, pid)
	if err != nil && ended(dir) || err == nil && e.pids[0] == 0 {
		return nil, nil
	}
	return e, err
}

func gone(err error) bool { return errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) }

// ended tells whether a process has. What a read of its files failed with does not:
// uid_map is EINVAL then.
func ended(dir int) bool {
	var st unix.Stat_t
	return gone(unix.Fstatat(dir, "stat", &st, 0))
}

func fill(dir, pid int) (*entry, error) {
	e := &entry{host: pid}
	for _, f := range []struct {
		name  string
		limit int
		take  func([]byte) error
	}{
		{"status", 64 << 10, func(b []byte) (err error) { e.status, err = parseStatus(b); return err }},
		{"cmdline", 32 << 10, func(b []byte) error { e.args = arguments(b); return nil }},
		{"uid_map", 64 << 10, func(b []byte) (err error) { e.uids, err = parseMap(b); return err }},
		{"gid_map", 64 << 10, func(b []byte) (err error) { e.gids, err = parseMap(b); return err }},
		{"stat", 4 << 10, func(b []byte) (err error) { e.stat, err = parseStat(b); return err }},
	} {
		b, err := readAt(dir, f.name, f.limit)
		if err == nil {
			err = f.take(b)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s of %d: %w", f.name, pid, err)
		}
	}
	// Of the clock that the start is told by, which goes on while the machine sleeps.
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	e.at, e.elapsed = time.Now(), max(time.Duration(now.Nano())-e.start, 0)
	if sameUserNamespace(dir) {
		e.uids, e.gids = nil, nil
	}
	return e, nil
}

// readAt reads up to limit bytes of a file.
func readAt(dir int, name string, limit int) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var all []byte
	buf := make([]byte, 4096)
	for len(all) < limit {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return all, err
		}
		all = append(all, buf[:n]...)
	}
	return all[:limit], nil
}

// arguments are separated by NUL bytes, which end the last one too, but not when the
// process has written over them.
func arguments(b []byte) []string {
	if b = bytes.TrimRight(b, "\x00"); len(b) == 0 {
		return nil
	}
	return strings.Split(string(b), "\x00")
}
