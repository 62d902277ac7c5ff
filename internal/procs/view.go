package procs

import (
	"cmp"
	"os"
	"slices"
)

// view translates what was read into what the first process sees.
func view(found []entry, first entry) []Process {
	level := len(first.pids) - 1
	inside := make(map[int]int, len(found))
	for _, e := range found {
		inside[e.host] = e.pids[level]
	}
	processes := make([]Process, 0, len(found))
	for _, e := range found {
		p := e.process()
		p.PID, p.UID, p.GID = e.pids[level], translate(first.uids, e.uid), translate(first.gids, e.gid)
		ppid, known := inside[e.ppid]
		if !known && level == 0 {
			ppid = e.ppid // the pid namespace is the caller's, where nothing is outside
		}
		p.PPID = ppid
		processes = append(processes, p)
	}
	slices.SortFunc(processes, func(a, b Process) int { return cmp.Compare(a.PID, b.PID) })
	return processes
}

func (e *entry) process() Process {
	p := Process{
		HostPID: e.host, HostPPID: e.ppid, HostUID: e.uid, HostGID: e.gid,
		State: e.state, Comm: e.comm, Args: e.args, TTY: ttyName(e.tty),
		Start: e.at.Add(-e.elapsed), Elapsed: e.elapsed, CPU: e.cpu,
		RSS: e.rss * uint64(os.Getpagesize()), VSZ: e.vsz, Nice: e.nice, Threads: e.threads,
	}
	if e.elapsed > 0 {
		p.CPUPercent = float64(e.cpu) / float64(e.elapsed) * 100
	}
	return p
}
