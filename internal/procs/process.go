package procs

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Process is one, as it was a moment ago. What begins with Host is as the caller sees
// it, and the same without Host as the container does.
type Process struct {
	HostPID  int    `json:"host_pid"`
	PID      int    `json:"pid"`
	PPID     int    `json:"ppid"` // 0 when the parent is outside
	HostPPID int    `json:"host_ppid"`
	HostUID  uint32 `json:"host_uid"`
	HostGID  uint32 `json:"host_gid"`
	UID      uint32 `json:"uid"` // the effective one
	GID      uint32 `json:"gid"`

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
	var found []entry
	for _, pid := range pids {
		e, err := read(pid, func(int) bool { return true })
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

// InPidNamespace lists the processes of a pid namespace, which is known by its inode,
// and of those below it. What the caller may not look at is not among them.
func InPidNamespace(inode uint64) ([]Process, error) {
	by, err := InPidNamespaces([]uint64{inode})
	return by[inode], err
}

// InPidNamespaces is that of many, with one look at all processes. One that is in two of
// them is listed where it was born, the lower.
func InPidNamespaces(inodes []uint64) (map[uint64][]Process, error) {
	pids, err := all()
	if err != nil {
		return nil, err
	}
	f := family{}
	for _, inode := range inodes {
		f[inode] = inode
	}
	found := map[uint64][]entry{}
	for _, pid := range pids {
		var in uint64
		e, err := read(pid, func(dir int) bool { in = f.of(dir); return in != 0 })
		if err != nil {
			return nil, err
		}
		if e != nil {
			found[in] = append(found[in], *e)
		}
	}
	by := make(map[uint64][]Process, len(found))
	for in, entries := range found {
		by[in] = view(entries, firstOf(entries))
	}
	return by, nil
}

// Children are the pids of the processes that a process has started, as far as the kernel
// tells (CONFIG_PROC_CHILDREN).
func Children(pid int) (pids []int) {
	at := "/proc/" + strconv.Itoa(pid) + "/task/"
	tasks, _ := os.ReadDir(at) // it may have ended
	for _, task := range tasks {
		b, _ := os.ReadFile(at + task.Name() + "/children")
		for word := range strings.FieldsSeq(string(b)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// firstOf is the process whose view is taken.
func firstOf(found []entry) entry {
	return slices.MinFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(len(a.pids), len(b.pids)), cmp.Compare(a.start, b.start), cmp.Compare(a.host, b.host))
	})
}
