package container

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// launch is one container on its way: what was asked for, what was found on this
// host, and what was decided.
type launch struct {
	spec  *specs.Spec // complete once ids are chosen
	asked *specs.Spec // before that
	opt   Options

	facts
	ids     userns.Choice
	root    mount.Root
	volumes []mount.Volume // the spec's binds, in its order
	hidden  []mount.Denied // where what --deny names is in the container
	rules   landlock.Ruleset
	writes  writes       // where one that starts from an image writes
	store   *os.File     // the lock on --overlay's directory
	place   placement    // the cgroup
	net     networking   // the network
	record  registration // by which others find the container
	result  Result

	calls calls // which system calls the command may make

	program  *forkexec.Program
	tree     *mount.Tree
	slave    any        // the step that gave the pty's slave
	up       climbing   // where it stands on this machine
	bare     bool       // a command in the id map, without a container: urun unshare
	dry      bool       // only to be shown: nothing is made
	target   *target    // the container that a command is to run in beside its own: urun exec
	maps     chan error // what came of writing the id maps
	at       barriers   // where in the child's program the parent has a part
	relay    relay
	console  *console // the caller's terminal, once it is connected
	out      output   // of a container in the background
	said     notices
	swept    chan struct{} // closed when others' leftovers are removed; nil: not by this one
	timedOut atomic.Bool   // its time was over
	times    timing
}

// barriers are steps of the child's program.
type barriers struct {
	mapped, master, placed, connected, cwd int

	tap, netns int   // the first and the last step that make the network
	filter     any   // the step that puts the filter in place; nil: none
	cgroup     any   // the step that makes the cgroup namespace, where its failing is an error; nil: none
	layer      any   // the step by which the Landlock layer takes effect; nil: there is none
	name       any   // the step that sets the host name; nil: none
	guard      any   // the step that opens what keeps the container from the caller's cgroup; nil: it needs nothing
	opens      []any // the steps that open the sysctls of its network
	keys       any   // the step by which a session keyring is shared or, with --strict, made; nil: none
}

// cloneFlags are the flags of clone(2) by the spec's names of namespaces.
var cloneFlags = map[specs.LinuxNamespaceType]uintptr{
	specs.UserNamespace:    unix.CLONE_NEWUSER,
	specs.MountNamespace:   unix.CLONE_NEWNS,
	specs.PIDNamespace:     unix.CLONE_NEWPID,
	specs.UTSNamespace:     unix.CLONE_NEWUTS,
	specs.IPCNamespace:     unix.CLONE_NEWIPC,
	specs.NetworkNamespace: unix.CLONE_NEWNET,
	specs.CgroupNamespace:  unix.CLONE_NEWCGROUP,
}

// owns tells whether the container has a new namespace of this kind.
func (l *launch) owns(kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(l.spec.Linux.Namespaces, func(ns specs.LinuxNamespace) bool {
		return ns.Type == kind && ns.Path == ""
	})
}

// flags are the namespaces that are new: those of the clone, and those that the
// child makes for itself while the parent has other things to do. A network namespace
// alone takes the kernel 0.3 ms.
func (l *launch) flags() (early, late uintptr) {
	for _, ns := range l.spec.Linux.Namespaces {
		switch {
		case ns.Path != "":
		case ns.Type == specs.CgroupNamespace && (l.place.wanted || l.lateCgroup()): // once it is in its own cgroup
		case ns.Type == specs.UserNamespace, ns.Type == specs.PIDNamespace: // unshare(2) leaves the caller in its old one
			early |= cloneFlags[ns.Type]
		default:
			late |= cloneFlags[ns.Type]
		}
	}
	return early, late
}

// candidates are where the command may be: looked up in the container's PATH, by
// the init, after all mounts.
func (l *launch) candidates() []string {
	return search(l.spec.Process.Args[0], l.spec.Process.Env)
}

func search(name string, env []string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	dirs := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			dirs = v
		}
	}
	var list []string
	for _, dir := range strings.Split(dirs, ":") {
		if dir == "" {
			dir = "." // as in execvp(3)
		}
		list = append(list, path.Join(dir, name))
		if dir == "." {
			list[len(list)-1] = "./" + name
		}
	}
	return list
}

// quote puts a name into a message with its control characters escaped.
func quote(s string) string { return strconv.Quote(s) }

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// close lets go of what prepare and connect hold.
func (l *launch) close() {
	if l.console != nil {
		l.console.master.Close()
	}
	if l.store != nil {
		l.store.Close()
	}
	l.writes.remove()
	l.net.drop(l.place.wanted)
	l.place.close()
	l.out.close()
	l.record.drop()
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
