package container

import (
	"slices"

	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/procs"
	"github.com/urun-project/urun/internal/state"
)

// treeMember is a container that runs, with its namespaces.
type treeMember struct {
	state.Record
	all []namespaces.Namespace
}

func (m treeMember) inode(kind string) uint64 {
	for _, n := range m.all {
		if n.Type == kind {
			return n.Inode
		}
	}
	return 0
}

// treeBuilder is what is known of all containers while one is described.
type treeBuilder struct {
	access Access
	list   []treeMember
	in     map[uint64][]string        // who is in a namespace
	procs  map[uint64][]procs.Process // those of a pid namespace
}

// meet takes note of a container. One that has just ended is passed over.
func (b *treeBuilder) meet(r state.Record) {
	all, err := namespaces.Of(r.Pid)
	if err != nil {
		return
	}
	if b.in == nil {
		b.in = map[uint64][]string{}
	}
	for _, n := range all {
		b.in[n.Inode] = append(b.in[n.Inode], r.Called())
	}
	b.list = append(b.list, treeMember{r, all})
}

// describe says all of one container.
func (b *treeBuilder) describe(m treeMember) (TreeContainer, error) {
	r, err := b.access.open(m.Record)
	if err != nil {
		return TreeContainer{}, err
	}
	defer r.Close()
	spec, err := b.access.Spec(m.Record)
	if err != nil {
		return TreeContainer{}, err
	}
	c := TreeContainer{
		ID: m.ID, Name: m.Name, Called: m.Called(), Status: Status(m.Record), Rung: m.IDs, StartedAt: m.Started, Command: list(m.Command),
		Mounts: treeMounts(m.Record, spec), Cgroup: treeCgroup(r), Network: networkOf(m.Network), Notices: list(m.Notices),
	}
	for _, n := range m.all {
		with := slices.DeleteFunc(slices.Clone(b.in[n.Inode]), func(name string) bool { return name == c.Called })
		if !n.Own {
			with = nil
		}
		c.Namespaces = append(c.Namespaces, TreeNamespace{n, !n.Own, list(with)})
	}
	c.Processes, err = b.processesOf(r)
	return c, err
}
