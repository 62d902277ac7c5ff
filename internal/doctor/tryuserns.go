package doctor

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/guards"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// kinds are the namespaces that a container has beside the one of users.
var kinds = []struct {
	name string
	flag uintptr
}{
	{"mnt", unix.CLONE_NEWNS}, {"pid", unix.CLONE_NEWPID}, {"uts", unix.CLONE_NEWUTS}, {"ipc", unix.CLONE_NEWIPC},
	{"net", unix.CLONE_NEWNET}, {"cgroup", unix.CLONE_NEWCGROUP},
}

// refusers are those who may refuse namespaces, or an init in memory, for the words alone: whether anybody does is tried.
func refusers() ladder.Guards {
	g := guards.Look()
	if v := guards.Sysctl(memfdNoexec); v != "" {
		g.Sysctls[memfdNoexec] = v
	}
	return g
}

const memfdNoexec = "vm.memfd_noexec"

// filtered asks for namespaces in a way that the kernel never allows (EINVAL), whoever asks: EPERM is then a filter's.
func filtered() ladder.Answer {
	f := trial{steps: func(p *forkexec.Program) {
		p.Call("clone", unix.SYS_CLONE, unix.CLONE_NEWUSER|unix.CLONE_FS, 0, 0, 0, 0)
	}}.do()
	switch {
	case f != nil && f.Errno == unix.EINVAL:
		return ladder.No
	case f != nil && (f.Errno == unix.EPERM || f.Errno == unix.ENOSYS || f.Errno == unix.EACCES):
		return ladder.Yes
	}
	return ladder.Unknown
}

// lookUp looks at the caller and at its subordinate ids.
func lookUp(u *Users) userns.Host {
	h := callerids.All()
	u.Host = h
	return h
}

// wishes is what failed where no map can be wished for at all.
const wishes = "choose ids"

// one is the map of the caller alone.
func one(h userns.Host) (*userns.Choice, *Failure) {
	c, err := userns.Choose(userns.Wish{Mode: userns.Single}, h)
	if err != nil {
		return nil, &Failure{Doing: wishes, Says: err.Error()}
	}
	return &c, nil
}

// inUserNS carries out steps in a user namespace with one id.
func inUserNS(h userns.Host, flags uintptr, steps func(p *forkexec.Program)) *Failure {
	ids, f := one(h)
	if f != nil {
		return f
	}
	return trial{flags: flags, ids: ids, steps: steps}.do()
}

// unshare makes namespaces of the child's own.
func unshare(p *forkexec.Program, flags uintptr) {
	p.Call("unshare", unix.SYS_UNSHARE, flags)
	if flags&unix.CLONE_NEWNS != 0 {
		mount.Private(p)
	}
}

func tryUserNS(u *Users, h userns.Host) {
	if u.Clone = inUserNS(h, 0, nil); u.Clone != nil {
		return
	}
	// A mount namespace takes CAP_SYS_ADMIN, and so does the mount in it.
	u.Power = inUserNS(h, 0, func(p *forkexec.Program) {
		unshare(p, unix.CLONE_NEWNS)
		p.Call("fsopen tmpfs", unix.SYS_FSOPEN, "tmpfs", unix.FSOPEN_CLOEXEC)
	})
	u.Kinds = tryKinds(h)
}

// tryKinds makes one namespace of each kind.
func tryKinds(h userns.Host) map[string]*Failure {
	ids, f := one(h)
	if f != nil {
		return nil
	}
	refused := map[string]*Failure{}
	var results []any
	f = trial{
		ids: ids,
		steps: func(p *forkexec.Program) {
			for _, k := range kinds {
				r := p.Call(k.name, unix.SYS_UNSHARE, k.flag)
				p.Tolerate(r, unix.ENOSPC, unix.EPERM, unix.EACCES, unix.EINVAL)
				results = append(results, r)
			}
		},
		seen: func(c *forkexec.Child) {
			for i, r := range results {
				if got := c.Result(r); got < 0 {
					refused[kinds[i].name] = &Failure{Doing: "unshare", Errno: syscall.Errno(-got)}
				}
			}
		},
	}.do()
	if f != nil {
		refused[f.Doing] = f
	}
	return refused
}

// tryRange has newuidmap and newgidmap write the map that a container would get.
func tryRange(u *Users) {
	ids, err := userns.Choose(userns.Wish{Mode: userns.Auto}, u.Host)
	if err == nil && ids.Rung != userns.RungSingle {
		u.Range = trial{ids: &ids, steps: func(p *forkexec.Program) {
			p.Call("setgroups", unix.SYS_SETGROUPS, 0, 0)
		}}.do()
	}
}
