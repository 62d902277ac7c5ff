package cgroup2

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// enable makes the controllers available to the cgroups in at. A cgroup that has
// processes of its own can give controllers to none below it (cgroup-v2.rst, "No
// Internal Process Constraint"): urun and what it has started move to a leaf.
func (at *Group) enable(controllers []string) (undo []func(), why string) {
	on, err := at.Read("cgroup.subtree_control")
	if err != nil {
		return nil, cause(err)
	}
	have := at.Controllers()
	var missing []string
	for _, c := range controllers {
		switch {
		case slices.Contains(strings.Fields(on), c):
		case !slices.Contains(have, c):
			return nil, fmt.Sprintf("it has no controller %s (it has: %s)", c, strings.Join(have, " "))
		default:
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return nil, ""
	}
	back, why := at.leave()
	if why != "" {
		return nil, why
	}
	if back != nil {
		undo = append(undo, back)
	}
	if err := at.Write("cgroup.subtree_control", "+"+strings.Join(missing, " +")); err != nil {
		return undo, "its controllers cannot be enabled: " + cause(err)
	}
	return append(undo, func() {
		// Another container's cgroups may use them by now: EBUSY.
		_ = at.reopened(func(g *Group) error {
			return g.Write("cgroup.subtree_control", "-"+strings.Join(missing, " -"))
		})
	}), ""
}

// reopened does something with the cgroup after its handle may have been closed.
func (at *Group) reopened(do func(*Group) error) error {
	g, err := Open(at.Path)
	if err != nil {
		return err
	}
	defer g.Close()
	return do(g)
}

// leave moves this process and its children out of the cgroup into a leaf, if nobody
// else is in it.
func (at *Group) leave() (back func(), why string) {
	leaf := path.Join(at.Path, "urun-self-"+strconv.Itoa(os.Getpid()))
	made := false
	for range 10 { // newuidmap may be starting meanwhile
		procs, err := at.Read("cgroup.procs")
		if err != nil {
			return nil, cause(err)
		}
		pids := strings.Fields(procs)
		if len(pids) == 0 {
			if !made {
				return nil, ""
			}
			return func() { at.comeBack(leaf) }, ""
		}
		for _, pid := range pids {
			if !ours(pid) {
				if made {
					at.comeBack(leaf)
				}
				return nil, "it has processes of its own, and could then give no controller to a cgroup in it; start urun in a cgroup alone, or name another with --cgroup-parent"
			}
		}
		if err := unix.Mkdir(leaf, 0o755); err != nil && err != unix.EEXIST {
			return nil, "a cgroup cannot be made in it: " + err.Error()
		}
		made = true
		for _, pid := range pids {
			if err := writeAt(unix.AT_FDCWD, leaf+"/cgroup.procs", pid); err != nil && !errors.Is(err, unix.ESRCH) {
				at.comeBack(leaf)
				return nil, "urun cannot be moved out of it: " + cause(err)
			}
		}
	}
	at.comeBack(leaf)
	return nil, "processes come faster than they can be moved"
}

// comeBack undoes leave.
func (at *Group) comeBack(leaf string) {
	b, _ := os.ReadFile(leaf + "/cgroup.procs")
	for pid := range strings.FieldsSeq(string(b)) {
		_ = writeAt(unix.AT_FDCWD, at.Path+"/cgroup.procs", pid) // EBUSY while another container needs the controllers
	}
	_ = unix.Rmdir(leaf)
}

// ours tells whether a process is this one or a child of it.
func ours(pid string) bool {
	self := strconv.Itoa(os.Getpid())
	if pid == self {
		return true
	}
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return true // it has ended
	}
	// "pid (name) state ppid …", and the name may hold anything
	_, rest, _ := strings.Cut(string(b)[strings.LastIndexByte(string(b), ')')+1:], " ")
	fields := strings.Fields(rest)
	return len(fields) > 1 && fields[1] == self
}
