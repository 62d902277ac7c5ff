package cgroup2

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// innerName is the cgroup in the container's own that its processes are in.
const innerName = "container"

// Enclose moves the process to a cgroup inside, and gives that the settings, too, for who
// looks there. They hold in the outer one, which is above the root of the container's
// cgroup namespace and out of its reach. At the root itself they could be lifted:
// nsdelegate forbids to write there only from the namespace whose root it is
// (cgroup_file_write() in kernel/cgroup/cgroup.c), any process may make a namespace below
// it, and the files belong to the caller, who is the container's root.
func (g *Group) Enclose(pid int, settings []Setting) error {
	if err := unix.Mkdirat(int(g.dir.Fd()), innerName, 0o755); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "mkdir", Path: path.Join(g.Path, innerName), Err: err}
	}
	if err := g.Write(innerName+"/cgroup.procs", strconv.Itoa(pid)); err != nil {
		return err
	}
	if have := g.Controllers(); len(have) > 0 {
		if err := g.Write("cgroup.subtree_control", "+"+strings.Join(have, " +")); err != nil {
			return err
		}
	}
	return g.ApplyInner(settings)
}

// ApplyInner repeats settings inside. So memory.oom.group is also where systemd does not
// write its own into it again.
func (g *Group) ApplyInner(settings []Setting) error {
	inner, err := Open(path.Join(g.Path, innerName))
	if err != nil {
		return skipGone(err)
	}
	defer inner.Close()
	settings = slices.Clone(settings)
	for i := range settings {
		settings[i].Implied = true
	}
	_, err = inner.Apply(settings)
	return err
}
