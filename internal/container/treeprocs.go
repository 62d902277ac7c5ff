package container

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/procs"
)

// TreeProcess is a process with those that it has started. One that is outside is urun's own, or a helper of it.
type TreeProcess struct {
	HostPID  int
	PID      int    // 0 outside
	User     string // inside
	Command  string
	Outside  bool
	Children []TreeProcess
}

// findProcesses finds those of all containers that have a pid namespace of their own, at once.
func (b *treeBuilder) findProcesses() (err error) {
	var inodes []uint64
	for _, m := range b.list {
		if slices.ContainsFunc(m.all, isPids) {
			inodes = append(inodes, m.inode("pid"))
		}
	}
	b.procs, err = procs.InPidNamespaces(inodes)
	return err
}

// processesOf is the tree of a container's processes with those outside that they come from: its urun, that of an exec.
func (b *treeBuilder) processesOf(r *Running) ([]TreeProcess, error) {
	inside, err := b.inside(r)
	if err == nil && len(inside) == 0 {
		err = r.fail(unix.ESRCH)
	}
	if err != nil {
		return nil, err
	}
	pids := append([]int{r.Urun}, procs.Children(r.Urun)...)
	for _, p := range inside {
		if p.HostPPID > 1 && !slices.Contains(pids, p.HostPPID) {
			pids = append(pids, p.HostPPID)
		}
	}
	pids = slices.DeleteFunc(pids, func(pid int) bool {
		return slices.ContainsFunc(inside, func(p procs.Process) bool { return p.HostPID == pid })
	})
	outside, err := procs.Of(pids)
	if err != nil {
		return nil, r.fail(err)
	}
	return forest(inside, outside, r.names().User), nil
}

// inside are the container's own. Of one with the host's processes they are those of its cgroup; without one they are those
// below its first process: which others are its own nobody can tell.
func (b *treeBuilder) inside(r *Running) ([]procs.Process, error) {
	if foreign(r.Pid)&unix.CLONE_NEWPID == 0 && r.group == nil {
		list, err := procs.Of(descendants(r.Pid))
		if err != nil {
			err = r.fail(err)
		}
		return list, err
	}
	for _, m := range b.list {
		if m.ID == r.ID && slices.ContainsFunc(m.all, isPids) {
			return b.procs[m.inode("pid")], nil
		}
	}
	list, err := r.processes()
	if err != nil {
		err = r.fail(err)
	}
	return list, err
}

// descendants are a process and all below it.
func descendants(pid int) []int {
	list := []int{pid}
	for i := 0; i < len(list); i++ {
		for _, child := range procs.Children(list[i]) {
			if !slices.Contains(list, child) {
				list = append(list, child)
			}
		}
	}
	return list
}

// forest puts each process below its parent, in the order of their pids. One whose parent is not among them is at the top, and
// only what is below such a one is reached: pids that were given away meanwhile cannot go round in a circle.
func forest(inside, outside []procs.Process, user func(uint32) string) []TreeProcess {
	below := map[int][]TreeProcess{}
	parents := map[int]int{}
	for i, p := range slices.Concat(outside, inside) {
		parents[p.HostPID] = p.HostPPID
		t := TreeProcess{HostPID: p.HostPID, Command: p.Command(), Outside: i < len(outside)}
		if !t.Outside {
			t.PID, t.User = p.PID, utoa(p.UID)
			if user != nil && user(p.UID) != "" {
				t.User = user(p.UID)
			}
		}
		below[p.HostPPID] = append(below[p.HostPPID], t)
	}
	var grow func(parent int) []TreeProcess
	grow = func(parent int) []TreeProcess {
		list := append([]TreeProcess{}, below[parent]...)
		slices.SortFunc(list, func(a, b TreeProcess) int { return a.HostPID - b.HostPID })
		for i := range list {
			list[i].Children = grow(list[i].HostPID)
		}
		return list
	}
	var roots []int
	for _, parent := range parents {
		if _, known := parents[parent]; !known && !slices.Contains(roots, parent) {
			roots = append(roots, parent)
		}
	}
	slices.Sort(roots)
	top := []TreeProcess{}
	for _, parent := range roots {
		top = append(top, grow(parent)...)
	}
	return top
}
