package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is one of the machine, as /proc/PID/stat has it.
type process struct {
	pid, parent int
	comm        string
}

// sweeper knows which processes are the machine's own and ends the others.
type sweeper struct {
	world int
	pause string         // the file with the pid of the process that podman keeps its namespaces open with
	found map[string]int // what had to be ended, by name
	ports int            // that have been published
}

// nextPort is one that nothing was published at before: what waits in the kernel after a tool's connections keeps others
// from the port.
func (s *sweeper) nextPort() int {
	s.ports++
	return firstPort + s.ports%10000
}

func newSweeper(o options) *sweeper {
	s := &sweeper{world: o.world, pause: o.runtimeDir() + "/libpod/tmp/pause.pid", found: map[string]int{}}
	s.sweep("trial runs")
	return s
}

// foreign are the processes of the tools that run now.
func (s *sweeper) foreign() []process {
	pause := 0
	if b, err := os.ReadFile(s.pause); err == nil {
		pause, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	own := []int{1, os.Getpid(), s.world, pause}
	var list []process
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		p, state := parseStat(string(b))
		if state != "Z" && !slices.Contains(own, p.pid) && p.parent != s.world {
			list = append(list, p)
		}
	}
	return list
}

// parseStat reads a line of proc_pid_stat(5). The name stands in brackets and may have some in it.
func parseStat(line string) (p process, state string) {
	before, rest, _ := strings.Cut(line, " (")
	end := strings.LastIndex(rest, ") ")
	if end < 0 {
		return p, ""
	}
	fields := strings.Fields(rest[end+2:])
	p.pid, _ = strconv.Atoi(before)
	p.comm = rest[:end]
	if len(fields) > 1 {
		state = fields[0]
		p.parent, _ = strconv.Atoi(fields[1])
	}
	return p, state
}

// sweep gives what still runs a second to end, and then ends it.
func (s *sweeper) sweep(after string) {
	for deadline := time.Now().Add(time.Second); len(s.foreign()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().Before(deadline) {
			continue
		}
		for _, p := range s.kill() {
			s.found[p.comm+" after "+after]++
		}
	}
}

// kill ends all of the tools' processes, for one that is killed leaves its helpers and its command.
func (s *sweeper) kill() []process {
	list := s.foreign()
	for _, p := range list {
		_ = unix.Kill(p.pid, unix.SIGKILL)
	}
	return list
}

func pss(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "Pss:" {
			return strconv.Atoi(f[1])
		}
	}
	return 0, fmt.Errorf("no Pss in smaps_rollup of %d", pid)
}
