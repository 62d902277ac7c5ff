package cgroup2

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Direct makes cgroups by hand, below a directory that someone has delegated to the
// caller: an administrator, a service with Delegate=yes, another container.
type Direct struct{ Host Host }

// Close does nothing.
func (d Direct) Close() {}

// PlaceError tells for each directory why no cgroup with the settings could be made in it.
type PlaceError struct{ Dirs, Whys []string }

func (e *PlaceError) Error() string {
	if len(e.Dirs) == 0 {
		return "no cgroup v2 hierarchy is mounted"
	}
	parts := make([]string, len(e.Dirs))
	for i, dir := range e.Dirs {
		parts[i] = dir + ": " + e.Whys[i]
	}
	return "make a cgroup: " + strings.Join(parts, "; ")
}

// Make makes a directory for the process in the nearest cgroup above the caller that
// may have one, or in r.Parent: absolute below the place where cgroup v2 is mounted,
// or relative to the caller's own cgroup.
func (d Direct) Make(_ context.Context, r Request) (*Group, error) {
	if r.Name == "" || r.Name == "." || r.Name == ".." || strings.Contains(r.Name, "/") { // it would be another directory
		return nil, errors.New(strconv.Quote(r.Name) + " is no name of a cgroup")
	}
	failed := &PlaceError{}
	for _, dir := range d.places(r.Parent) {
		g, why, err := d.makeIn(dir, r)
		if g != nil || err != nil {
			return g, err
		}
		failed.Dirs, failed.Whys = append(failed.Dirs, dir), append(failed.Whys, why)
	}
	return nil, failed
}

func (d Direct) places(parent string) []string {
	mount := d.Host.Mount
	switch {
	case mount == "":
		return nil
	case parent == "" && strings.HasPrefix(d.Host.Own, "/.."): // above the root of the cgroup namespace
		return nil
	case parent == "":
		var list []string
		for at := d.Host.Own; ; at = path.Dir(at) {
			list = append(list, path.Join(mount, at))
			if at == "/" {
				return list
			}
		}
	case parent == mount || strings.HasPrefix(parent, mount+"/"):
		return []string{path.Clean(parent)}
	case path.IsAbs(parent):
		return []string{path.Join(mount, parent)}
	}
	return []string{path.Join(mount, d.Host.Own, parent)}
}

// makeIn makes the cgroup in dir, or says why dir is not the place for it.
func (d Direct) makeIn(dir string, r Request) (g *Group, why string, err error) {
	at, err := Open(dir)
	if err != nil {
		return nil, cause(err), nil
	}
	defer at.Close()
	for _, name := range []string{"", "/cgroup.procs", "/cgroup.subtree_control"} {
		if err := unix.Access(dir+name, unix.W_OK); err != nil {
			return nil, "it is not delegated to you (" + err.Error() + ")", nil
		}
	}
	undo, why := at.enable(Controllers(r.Settings))
	defer func() {
		if g == nil {
			for _, f := range slices.Backward(undo) {
				f()
			}
		}
	}()
	if why != "" {
		return nil, why, nil
	}
	name := path.Join(dir, r.Name)
	if err := unix.Mkdir(name, 0o755); err == unix.EEXIST {
		// Left by someone who was killed, or in use.
		if err := unix.Rmdir(name); err != nil {
			return nil, "", &TakenError{name}
		}
		err = unix.Mkdir(name, 0o755)
	} else if err != nil {
		return nil, "a cgroup cannot be made in it: " + err.Error(), nil
	}
	g, err = Open(name)
	if err != nil {
		return nil, cause(err), nil
	}
	g.undo = undo
	if err := g.Write("cgroup.procs", strconv.Itoa(r.PID)); err != nil {
		g.Close()
		_ = unix.Rmdir(name) // it is empty
		g = nil
		return nil, moveHint(err), nil
	}
	return g, "", nil
}

func moveHint(err error) string {
	if errors.Is(err, unix.EACCES) {
		return "a process cannot be moved into it, because the first cgroup above both it and you is not yours"
	}
	return "a process cannot be moved into it: " + cause(err)
}

func cause(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

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
			if err := writeFile(leaf+"/cgroup.procs", pid); err != nil && !errors.Is(err, unix.ESRCH) {
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
		_ = writeFile(at.Path+"/cgroup.procs", pid) // EBUSY while another container needs the controllers
	}
	_ = unix.Rmdir(leaf)
}

func writeFile(name, value string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(value)
	return err
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

// ParsePath takes apart linux.cgroupsPath of the OCI runtime spec, as runc reads it:
// "SLICE:PREFIX:NAME" where systemd may be asked, with an empty slice for its own
// choice, or a directory. The results are [Request]'s Parent and Name.
func ParsePath(p string) (parent, name string, slice bool) {
	parts := strings.Split(p, ":")
	if len(parts) != 3 {
		parent, name = path.Split(strings.TrimSuffix(p, "/"))
		if parent != "/" {
			parent = strings.TrimSuffix(parent, "/")
		}
		return parent, name, false
	}
	name = parts[2]
	if parts[1] != "" {
		name = parts[1] + "-" + name
	}
	return parts[0], name, true
}
