package procs

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Process is one, as it was a moment ago. What begins with Host is as the caller sees
// it, and the same without Host as the container does.
type Process struct {
	HostPID int    `json:"host_pid"`
	PID     int    `json:"pid"`
	PPID    int    `json:"ppid"` // 0 when the parent is outside
	HostUID uint32 `json:"host_uid"`
	HostGID uint32 `json:"host_gid"`
	UID     uint32 `json:"uid"` // the effective one
	GID     uint32 `json:"gid"`

	State string   `json:"state"` // a letter: proc_pid_stat(5)
	Comm  string   `json:"comm"`
	Args  []string `json:"args,omitempty"` // a zombie has none
	TTY   string   `json:"tty"`

	Start      time.Time     `json:"start"`
	Elapsed    time.Duration `json:"elapsed_nsec"`
	CPU        time.Duration `json:"cpu_nsec"`
	CPUPercent float64       `json:"cpu_percent"` // of one CPU, over its life

	RSS     uint64 `json:"rss"` // bytes
	VSZ     uint64 `json:"vsz"` // bytes
	Nice    int    `json:"nice"`
	Threads int    `json:"threads"`
}

// Command is what runs, in one line; in brackets when there are no arguments, as ps(1)
// has it.
func (p Process) Command() string {
	if line := strings.TrimSpace(strings.Join(p.Args, " ")); line != "" {
		return line
	}
	return "[" + p.Comm + "]"
}

// Of lists processes by their pids, which are the caller's. It is for a container that
// has no pid namespace of its own, but a cgroup.
func Of(pids []int) ([]Process, error) {
	return list(pids, func(int) bool { return true })
}

// InPidNamespace lists the processes of a pid namespace, which is known by its inode,
// and of those below it. What the caller may not look at is not among them.
func InPidNamespace(inode uint64) ([]Process, error) {
	pids, err := all()
	if err != nil {
		return nil, err
	}
	return list(pids, family{inode: true}.has)
}

// list reads those that are members, each of which is known by a handle of it in /proc.
func list(pids []int, member func(dir int) bool) ([]Process, error) {
	var found []entry
	for _, pid := range pids {
		e, err := read(pid, member)
		if err != nil {
			return nil, err
		}
		if e != nil {
			found = append(found, *e)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return view(found, firstOf(found)), nil
}

// firstOf is the process whose view is taken.
func firstOf(found []entry) entry {
	return slices.MinFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(len(a.pids), len(b.pids)), cmp.Compare(a.start, b.start), cmp.Compare(a.host, b.host))
	})
}
