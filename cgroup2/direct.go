package cgroup2

import (
	"context"
	"errors"
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
