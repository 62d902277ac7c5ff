package container

import (
	"path"
	"slices"
	"strings"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/caps"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// compile writes what the new process does, from its first instruction to the
// command's. parent.go is the other side of its barriers. It runs with every
// capability in the new user namespace and with the caller's ids until it becomes
// the user: a change of ids would take /proc/PID from the parent (ptrace(2), "access
// mode checking"), which still works by pid.
func (l *launch) compile() error {
	p := new(forkexec.Program)
	t := mount.NewTree(p)
	l.program, l.tree, l.at = p, t, barriers{}
	t.Strict = l.opt.Strict
	t.OwnPid, t.OwnNet, t.OwnIPC = l.owns(specs.PIDNamespace), l.owns(specs.NetworkNamespace), l.owns(specs.IPCNamespace)

	l.join(p)
	l.name(p)
	if l.lateCgroup() {
		l.at.cgroup = p.Call("the container sees this cgroup as the root", unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
	}
	if l.owns(specs.NetworkNamespace) {
		loopback(p)
	}
	p.Call("modes are as written", unix.SYS_UMASK, 0)
	mount.Private(p)
	t.OpenRoot(&l.root)
	volumes := append([]mount.Volume(nil), l.volumes...)
	t.OpenVolumes(volumes)
	if l.owns(specs.UserNamespace) {
		p.Wait("Mapped: what came before needs no ids; without them creating a file is EOVERFLOW")
		l.at.mapped = len(p.Steps()) - 1
		l.appear(p)
	}
	l.openNetwork(p)
	l.makeNetwork(p)
	if err := l.fill(p, t, volumes); err != nil {
		return err
	}
	if err := l.enterCgroup(p, t); err != nil {
		return err
	}
	if err := l.sysctls(p, t); err != nil {
		return err
	}
	t.ReadOnly(l.spec.Linux.ReadonlyPaths)
	t.Mask(l.spec.Linux.MaskedPaths, l.opt.extra().Masked)
	t.Deny(l.hidden)
	l.awaitNetwork(p)
	t.Pivot()
	if l.opt.Create {
		p.Call("Ready: the container is created", unix.SYS_SENDTO, forkexec.Control, []byte("R"), 1, unix.MSG_NOSIGNAL, 0, 0)
		p.Wait("Start: until the caller wants the command to run")
	}
	l.session(p)
	if err := l.chooseCalls(); err != nil {
		return err
	}
	if err := l.become(p); err != nil {
		return err
	}
	l.at.layer = l.rules.Write(p, t.Root, l.opt.Strict)
	l.enter(p, t)
	if err := l.limits(p); err != nil { // now that no descriptor is opened any more
		return err
	}
	p.Call("nobody inside may look at this process through /proc; the exec undoes it", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0)
	if !l.opt.Create {
		p.Call("the container ends with urun; a change of ids would have cleared this", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
		p.Alive("urun may have ended before that took effect")
	}
	l.exec(p)
	return l.refusesUs()
}

// exec ends the program. The filter is as late as can be, so that it has to allow nothing that only urun needs.
func (l *launch) exec(p *forkexec.Program) {
	p.Exec(l.spec.Process.Args, l.spec.Process.Env, func() {
		if l.spec.Process.NoNewPrivileges {
			l.confine(p)
		}
	})
}

// appear gives the process ids that exist here, where --uidmap or --gidmap leaves
// out the caller's own: without, it can make no file (EOVERFLOW).
func (l *launch) appear(p *forkexec.Program) {
	owner := func(id uint32, maps []specs.LinuxIDMapping) uint32 {
		if _, ok := userns.ToHost(maps, 0); ok {
			return 0
		}
		return id
	}
	if _, ok := userns.ToContainer(l.ids.GIDs, l.host.GID); !ok {
		gid := owner(l.spec.Process.User.GID, l.ids.GIDs)
		p.Call("the caller's group does not exist here", unix.SYS_SETRESGID, gid, gid, gid)
	}
	if _, ok := userns.ToContainer(l.ids.UIDs, l.host.UID); !ok {
		uid := owner(l.spec.Process.User.UID, l.ids.UIDs)
		p.Call("the caller's uid does not exist here", unix.SYS_SETRESUID, uid, uid, uid)
	}
}

// join enters the namespaces that the spec names by path, unless the process was
// cloned in them.
func (l *launch) join(p *forkexec.Program) {
	if l.joinedUser() != "" {
		return
	}
	for _, ns := range l.spec.Linux.Namespaces {
		if ns.Path != "" {
			fd := p.Call("a namespace that exists", unix.SYS_OPENAT, unix.AT_FDCWD, ns.Path, unix.O_RDONLY|unix.O_CLOEXEC)
			p.Call("it is the container's too", unix.SYS_SETNS, fd, int(cloneFlags[ns.Type]))
		}
	}
}

func (l *launch) name(p *forkexec.Program) {
	if !l.owns(specs.UTSNamespace) {
		return
	}
	if h := l.spec.Hostname; h != "" {
		l.at.name = p.Call("a name of its own", unix.SYS_SETHOSTNAME, h, len(h))
		if l.opt.extra().ImpliedHostname && !l.opt.Strict {
			p.Tolerate(l.at.name, unix.EPERM) // podman's filter, which allows namespaces
		}
	}
	if d := l.spec.Domainname; d != "" {
		p.Call("a domain of its own", unix.SYS_SETDOMAINNAME, d, len(d))
	}
}

// loopback sets lo up: the only device a new network namespace has.
func loopback(p *forkexec.Program) {
	ifreq := make([]byte, 40) // netdevice(7): a name of 16 bytes, then the flags
	copy(ifreq, "lo")
	ifreq[16] = unix.IFF_UP | unix.IFF_RUNNING
	s := p.Call("any socket can ask for a device", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	p.Call("127.0.0.1 answers", unix.SYS_IOCTL, s, unix.SIOCSIFFLAGS, ifreq)
}

// fill makes the container's root and everything mounted in it.
func (l *launch) fill(p *forkexec.Program, t *mount.Tree, volumes []mount.Volume) error {
	if l.root.ReadOnly && t.Create && l.opt.Image == nil && len(l.root.Skeleton) == 0 && !l.root.Ephemeral && l.root.Store == nil {
		for _, pt := range l.points() {
			t.Ensure(pt.dest, pt.dir, pt.link)
		}
	}
	t.AttachRoot(&l.root)
	if l.opt.Image != nil {
		l.furnish(t)
	}
	next := 0
	for i, m := range l.spec.Mounts {
		if isCgroup(m) && l.place.wanted {
			if !coversOne(m.Destination, l.spec.Mounts[i+1:]) {
				continue // as late as can be: systemd takes longer than the mounts
			}
			if err := l.enterCgroup(p, t); err != nil {
				return err
			}
			continue
		}
		if m.Type == "bind" {
			t.Volume(volumes[next])
			next++
			continue
		}
		if err := t.Mount(m); err != nil {
			return err
		}
		if t.Dev != nil && path.Clean(m.Destination) == "/dev" {
			t.Devices(l.below("/dev"))
		}
	}
	t.Files(l.names(), l.root.ReadOnly)
	if l.spec.Process.Terminal {
		return l.terminal(p, t)
	}
	return nil
}

func isCgroup(m specs.Mount) bool { return m.Type == "cgroup" || m.Type == "cgroup2" }

// coversOne tells whether a mount at dest would hide one of these.
func coversOne(dest string, mounts []specs.Mount) bool {
	return slices.ContainsFunc(mounts, func(m specs.Mount) bool {
		return strings.HasPrefix(path.Clean(m.Destination)+"/", path.Clean(dest)+"/")
	})
}

// enterCgroup waits until the process has a cgroup of its own, makes that the root of
// its cgroup namespace (cgroup_namespaces(7)) and mounts it. It does so once.
func (l *launch) enterCgroup(p *forkexec.Program, t *mount.Tree) error {
	if !l.place.wanted || l.at.placed != 0 {
		return nil
	}
	p.Wait("Placed: until this process is in the container's cgroup, or its namespace would begin at the caller's")
	l.at.placed = len(p.Steps()) - 1
	if l.owns(specs.CgroupNamespace) {
		p.Call("the container sees its own cgroup as the root", unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
	}
	t.OwnCgroup = l.owns(specs.CgroupNamespace)
	for _, m := range l.spec.Mounts {
		if isCgroup(m) {
			if err := t.Mount(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// below are the names of mount points directly in dir.
func (l *launch) below(dir string) []string {
	var names []string
	for _, m := range l.spec.Mounts {
		if path.Dir(path.Clean(m.Destination)) == dir && m.Type != "bind" {
			names = append(names, path.Base(m.Destination))
		}
	}
	return names
}

// session gives the command its terminal. The session is the process's own from its
// first instruction on: so nothing here is the caller's terminal's, into which it
// could push input (TIOCSTI, CVE-2017-5226).
func (l *launch) session(p *forkexec.Program) {
	l.out.connect(p, l.spec.Process.User.UID, l.spec.Process.User.GID)
	if l.opt.Detach != nil {
		for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT} {
			p.Call("heeded, though a script's & or nohup(1) has urun started without: "+unix.SignalName(sig), unix.SYS_RT_SIGACTION, int(sig), make([]byte, 32), 0, 8)
		}
	}
	if l.slave == nil {
		return
	}
	p.Call("the pty is its terminal", unix.SYS_IOCTL, l.slave, unix.TIOCSCTTY, 0)
	for fd := range 3 {
		p.Call("standard input, output and error", unix.SYS_DUP3, l.slave, fd, 0)
	}
}

// become gives up the caller's ids and every capability that was not asked for.
func (l *launch) become(p *forkexec.Program) error {
	proc := l.spec.Process
	sets, err := capabilities(proc.Capabilities)
	if err != nil {
		return err
	}
	l.keyring(p)
	if !proc.NoNewPrivileges { // without it a filter takes CAP_SYS_ADMIN, seccomp(2)
		l.confine(p)
	}
	sets.Bound(p)
	may := l.host.SetGID // without a user namespace of its own
	if l.owns(specs.UserNamespace) || l.joinedUser() != "" || l.target != nil {
		may = !l.ids.DenySetgroups
	}
	if may && !l.opt.extra().KeepGroups {
		groups := make([]byte, 0, 4*len(proc.User.AdditionalGids))
		for _, g := range proc.User.AdditionalGids {
			groups = append(groups, byte(g), byte(g>>8), byte(g>>16), byte(g>>24))
		}
		p.Call("the container's groups instead of the caller's", unix.SYS_SETGROUPS, len(groups)/4, groups)
	}
	p.Call("the change of user would take them", unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1)
	gid, uid := proc.User.GID, proc.User.UID
	p.Call("the container's group", unix.SYS_SETRESGID, gid, gid, gid)
	p.Call("the container's user", unix.SYS_SETRESUID, uid, uid, uid)
	umask := uint32(0o022)
	if proc.User.Umask != nil {
		umask = *proc.User.Umask
	}
	p.Call("the command's own", unix.SYS_UMASK, umask)
	sets.Apply(p)
	if proc.NoNewPrivileges {
		p.Call("no setuid bit or file capability gives more than this", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	return nil
}

// keyring leaves the caller's session keyring behind, with the keys in it
// (session-keyring(7)). A user has 200 keys; when they are used up, the user's
// containers share one keyring. A kernel without keys gives ENOSYS, a seccomp filter
// around urun that or EPERM: then no process inside can reach a key, either.
func (l *launch) keyring(p *forkexec.Program) {
	own := p.Call("a session keyring of its own: the caller's has keys in it", unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0)
	if l.opt.Strict {
		p.Tolerate(own, unix.ENOSYS, unix.EPERM)
		l.at.keys = own
		return
	}
	p.Else(own, []syscall.Errno{unix.EDQUOT, unix.ENOSYS, unix.EPERM}, func() any {
		shared := p.Call("no more keys are allowed: one that this user's containers share", unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, "urun")
		p.Tolerate(shared, unix.ENOSYS, unix.EPERM)
		l.at.keys = shared
		return shared
	})
}

func capabilities(c *specs.LinuxCapabilities) (sets caps.Sets, err error) {
	if c == nil {
		return sets, nil
	}
	for _, s := range []struct {
		names []string
		set   *caps.Set
	}{{c.Bounding, &sets.Bounding}, {c.Effective, &sets.Effective}, {c.Permitted, &sets.Permitted}, {c.Inheritable, &sets.Inheritable}, {c.Ambient, &sets.Ambient}} {
		if *s.set, err = caps.Parse(s.names); err != nil {
			return sets, err
		}
	}
	return sets, nil
}

// enter goes to the working directory, with the rights of the user, and makes sure
// that it is inside: /proc/self/fd/N is a way out (CVE-2024-21626).
func (l *launch) enter(p *forkexec.Program, t *mount.Tree) {
	cwd := t.Directory("working directory "+l.spec.Process.Cwd, l.spec.Process.Cwd)
	l.at.cwd = len(p.Steps()) - 1
	p.Call("enter working directory "+l.spec.Process.Cwd, unix.SYS_FCHDIR, cwd)
	room := p.Data(make([]byte, 4096))
	p.Call("where that is", unix.SYS_GETCWD, room, 4096)
	p.Check("a directory outside would be \"(unreachable)\"", room, 0, 0xff, '/', unix.EXDEV)
}
