package procs

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// status is what is used of proc_pid_status(5).
type status struct {
	uid, gid uint32 // effective
	pids     []int  // in each pid namespace, the caller's first
}

func parseStatus(b []byte) (s status, err error) {
	seen := 0
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte{':'})
		fields := bytes.Fields(value)
		switch string(name) {
		case "Uid":
			s.uid, err = effective(fields)
		case "Gid":
			s.gid, err = effective(fields)
		case "NSpid":
			s.pids, err = numbers(fields)
		default:
			continue
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
		seen++
	}
	if seen != 3 || len(s.pids) == 0 {
		return s, errors.New("it lacks Uid, Gid or NSpid")
	}
	return s, nil
}

// effective is the second of real, effective, saved and file system id.
func effective(fields [][]byte) (uint32, error) {
	if len(fields) != 4 {
		return 0, errors.New("there are four ids")
	}
	n, err := strconv.ParseUint(string(fields[1]), 10, 32)
	return uint32(n), err
}

func numbers(fields [][]byte) (list []int, err error) {
	for _, f := range fields {
		n, err := strconv.Atoi(string(f))
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}
