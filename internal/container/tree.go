package container

import (
	"errors"
	"os"
	"slices"
	"time"

	"github.com/urun-project/urun/internal/namespaces"
	"github.com/urun-project/urun/internal/state"
)

// Tree is how running containers hang together: the caller's user namespace, those that it has made, the containers in
// each. Every field is always there.
type Tree struct {
	UID       int
	Namespace uint64 // the caller's user namespace
	Users     []TreeUsers
}

// TreeUsers is a user namespace with the containers in it. Those that share a network share it, too.
type TreeUsers struct {
	Inode          uint64
	Own            bool // not the caller's
	UidMap, GidMap []string
	Containers     []TreeContainer
}

// TreeContainer is a container and what it is made of.
type TreeContainer struct {
	ID         string `json:"Id"`
	Name       string
	Called     string `json:"-"`
	Status     string
	Rung       string // how its id maps came about
	StartedAt  time.Time
	Command    []string
	Namespaces []TreeNamespace
	Processes  []TreeProcess
	Mounts     TreeMounts
	Cgroup     TreeCgroup
	Network    InspectedNetwork
	Notices    []string
}

// TreeNamespace is a namespace, and who else is in it.
type TreeNamespace struct {
	namespaces.Namespace
	Host bool     // the caller is in it
	With []string // the other containers
}

// Tree looks at the containers that are named, or at all that run.
func (a Access) Tree(names []string) (Tree, error) {
	t := Tree{UID: os.Getuid(), Users: []TreeUsers{}}
	own, err := namespaces.Inode(os.Getpid(), "user")
	if err != nil {
		return t, failure(nil, err)
	}
	t.Namespace = own
	all, err := a.All()
	if err != nil {
		return t, failure(nil, err)
	}
	chosen := map[string]bool{}
	for _, name := range names {
		r, err := a.Lookup(name)
		if err != nil {
			return t, failure(nil, err)
		}
		chosen[r.ID] = true
	}
	b := treeBuilder{access: a}
	for _, r := range all {
		if r.Alive && r.Pid > 0 {
			b.meet(r)
		}
	}
	b.list = slices.DeleteFunc(b.list, func(m treeMember) bool { return len(names) > 0 && !chosen[m.ID] })
	if err := b.findProcesses(); err != nil {
		return t, failure(nil, err)
	}
	for _, m := range b.list {
		c, err := b.describe(m)
		if err != nil && chosen[m.ID] {
			return t, failure(nil, err)
		}
		if err == nil {
			t.add(m, c)
		}
		delete(chosen, m.ID)
	}
	for id := range chosen { // it was there when it was looked up
		return t, failure(nil, errors.New("the container "+quote(state.Record{ID: id}.Called())+" has just ended"))
	}
	return t, nil
}

// add puts a container into its user namespace.
func (t *Tree) add(m treeMember, c TreeContainer) {
	users := m.inode("user")
	at := slices.IndexFunc(t.Users, func(u TreeUsers) bool { return u.Inode == users })
	if at < 0 {
		at = len(t.Users)
		t.Users = append(t.Users, TreeUsers{Inode: users, Own: users != t.Namespace, UidMap: idMap(m.Pid, "uid_map"), GidMap: idMap(m.Pid, "gid_map")})
	}
	t.Users[at].Containers = append(t.Users[at].Containers, c)
}
