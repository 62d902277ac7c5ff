package procs

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// tick is USER_HZ, which is 100 on every machine that Go has for Linux: time(7).
const tick = time.Second / 100

// stat is what is used of proc_pid_stat(5).
type stat struct {
	comm    string
	state   string
	ppid    int
	tty     uint32
	cpu     time.Duration
	nice    int
	threads int
	start   time.Duration // after the machine was started
	vsz     uint64        // bytes
	rss     uint64        // pages
}

// parseStat reads /proc/PID/stat. A process calls itself what it likes, with blanks,
// line feeds and parentheses; only numbers come behind the last parenthesis.
func parseStat(b []byte) (s stat, err error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return s, errors.New("it has no name in parentheses")
	}
	const before = 3 // of the fields, as the man page counts from 1
	fields := bytes.Fields(b[end+1:])
	if len(fields) <= 24-before {
		return s, errors.New("it ends too soon")
	}
	number := func(field int) int64 {
		n, nerr := strconv.ParseInt(string(fields[field-before]), 10, 64)
		if nerr != nil {
			err = nerr
		}
		return n
	}
	s = stat{
		comm:    string(b[open+1 : end]),
		state:   string(fields[0]),
		ppid:    int(number(4)),
		tty:     uint32(number(7)), // shown as if it had a sign
		cpu:     time.Duration(number(14)+number(15)) * tick,
		nice:    int(number(19)),
		threads: int(number(20)),
		start:   time.Duration(number(22)) * tick,
		rss:     uint64(number(24)),
	}
	var verr error
	s.vsz, verr = strconv.ParseUint(string(fields[23-before]), 10, 64)
	return s, errors.Join(err, verr)
}
