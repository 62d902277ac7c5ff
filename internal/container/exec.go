package container

import (
	"errors"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/seccomp"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/internal/users"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// target is a container that a further command is to run in. It is a launch like that of
// a container, with another program: the namespaces exist, and the child is cloned in them.
type target struct {
	*Running
	pidfd int // of its first process
	join  forkexec.Join
	user  string // as written; "": the container's own
	home  bool   // HOME was given
}

// Exec runs one more command in the container: in its namespaces and its cgroup, with its
// user, limits and capabilities but for what p says. user is a name in the container's own
// passwd, or ""; homeGiven tells that p's HOME is to stay whoever that is. The command ends
// with the caller, but for one in the background, which is not waited for. An error is an
// [*Error].
func (r *Running) Exec(p *specs.Process, user string, homeGiven bool, o Options) (res Result, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see Run
	l, err := r.entering(p, user, homeGiven, o)
	if err != nil {
		return res, failure(l, err)
	}
	defer unix.Close(l.target.pidfd)
	defer l.close()
	if o.Detach != nil {
		err = l.out.nowhere()
	} else {
		err = l.openTerminals(false)
	}
	if err != nil {
		return res, failure(l, err)
	}
	if p.Terminal {
		if ws, err := unix.IoctlGetWinsize(newConsole().fd, unix.TIOCGWINSZ); err == nil { // without a terminal it is EBADF
			p.ConsoleSize = &specs.Box{Height: uint(ws.Row), Width: uint(ws.Col)}
		}
	}
	l.heed()
	l.result.Status, err = l.start(l.prepareExec, l.compileExec)
	if err != nil && (l.target.ending() || !l.target.runs()) {
		err = fmt.Errorf("the container %s has just ended", quote(r.Called()))
	}
	l.result.Timings = l.timings()
	return l.result, failure(l, err)
}

// ending tells whether the container's first process is on its way out. It has let go of
// its namespaces before the kernel kills the others in its pid namespace, and is a zombie
// only when all of those have been waited for: pid_namespaces(7).
func (r *Running) ending() bool {
	var st unix.Stat_t
	return unix.Stat("/proc/"+strconv.Itoa(r.Pid)+"/ns/mnt", &st) != nil
}

// CompileExec is [Compile] for a further command.
func (r *Running) CompileExec(p *specs.Process, user string, homeGiven bool, o Options) (*Plan, error) {
	l, err := r.entering(p, user, homeGiven, o)
	if err != nil {
		return nil, failure(l, err)
	}
	defer unix.Close(l.target.pidfd)
	if l.leaves() {
		l.out.inside, l.out.void = []int{-1, -1, -1}, true
	} else {
		_ = l.openTerminals(true) // nothing is opened
	}
	if err = l.prepareExec(); err == nil {
		err = l.compileExec()
	}
	return &Plan{l}, failure(l, err)
}

// entering is a launch into the container, which is held on to.
func (r *Running) entering(p *specs.Process, user string, homeGiven bool, o Options) (*launch, error) {
	if r.Paused() {
		return nil, failure(nil, fmt.Errorf("the container %s is paused; urun unpause %s lets it go on", quote(r.Called()), r.Called()))
	}
	t := &target{Running: r, user: user, home: homeGiven}
	var err error
	if t.pidfd, err = unix.PidfdOpen(r.Pid, 0); err != nil {
		return nil, r.fail(os.NewSyscallError("pidfd_open", err))
	}
	// The pid may have been another's since the record was read.
	if !r.runs() {
		unix.Close(t.pidfd)
		return nil, r.fail(unix.ESRCH)
	}
	t.join = forkexec.Join{FD: t.pidfd, Types: foreign(r.Pid)}
	o.Extra = &ocispec.Extra{KeepGroups: r.KeepGroups}
	l := &launch{opt: o, target: t, spec: &specs.Spec{Process: p, Root: &specs.Root{}, Linux: &specs.Linux{}}}
	return l, nil
}

// leaves tells of a command that is not waited for. Its parent is in the container: a dead
// process whose parent is outside keeps the container from ending until that is told.
func (l *launch) leaves() bool { return l.target != nil && l.opt.Detach != nil }

// foreign are the namespaces that a process does not share with urun. To enter one's own
// user namespace is refused: setns(2).
func foreign(pid int) (types uintptr) {
	for _, k := range kinds {
		if k.differs(pid) {
			types |= k.flag
		}
	}
	return types
}

// apart tells whether a process has any namespace that urun does not share.
func apart(pid int) bool {
	return slices.ContainsFunc(kinds[:], func(k kind) bool { return k.differs(pid) })
}

// kind is a kind of namespaces: its file below /proc/PID/ns, and its flag of setns(2).
type kind struct {
	file string
	flag uintptr
}

// kinds are all that exec enters; the first is the one that a container is likeliest to have of its own.
var kinds = [...]kind{
	{"user", unix.CLONE_NEWUSER}, {"mnt", unix.CLONE_NEWNS}, {"pid", unix.CLONE_NEWPID}, {"uts", unix.CLONE_NEWUTS},
	{"ipc", unix.CLONE_NEWIPC}, {"net", unix.CLONE_NEWNET}, {"cgroup", unix.CLONE_NEWCGROUP},
}

func (k kind) differs(pid int) bool {
	return !samePlace("/proc/"+strconv.Itoa(pid)+"/ns/"+k.file, "/proc/self/ns/"+k.file)
}

// prepareExec finds out who the command is to run as.
func (l *launch) prepareExec() (err error) {
	l.nofiles = nofile.Inherited
	proc := "/proc/" + strconv.Itoa(l.target.Pid)
	l.up.wish = ladder.Wish{Given: &l.ids}
	if l.ids, err = userns.Of(proc); err != nil {
		return l.target.fail(err)
	}
	if err := l.targetCalls(); err != nil {
		return err
	}
	if writable := l.target.Writable; writable != nil {
		l.landlock, l.up.wish.Landlock = landlock.Probe(), true
		l.up.found.Landlock = l.landlock
		l.rules = landlock.Decide(wishOf(writable), l.landlock)
	}
	if l.target.user == "" {
		return nil
	}
	root, err := unix.Open(proc+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return l.target.fail(&os.PathError{Op: "open", Path: proc + "/root", Err: err})
	}
	defer unix.Close(root)
	u, err := users.Lookup(root, l.target.user)
	if err != nil {
		return err
	}
	user := specs.User{UID: u.UID, GID: u.GID, AdditionalGids: u.Groups}
	if err := ocispec.Mapped(user, l.ids.UIDs, l.ids.GIDs); err != nil {
		return err
	}
	ocispec.As(l.spec.Process, user, u.Home, l.target.home)
	return nil
}

// compileExec is what compile is for a container: what the process does that was cloned in
// the container's namespaces. Its root and its working directory are the container's.
func (l *launch) compileExec() error {
	p := new(forkexec.Program)
	t := mount.NewTree(p)
	t.Root = unix.AT_FDCWD
	l.program, l.tree, l.at = p, t, barriers{}
	if l.target.group != nil {
		p.Wait("Placed: until this process is in the container's cgroup; afterwards it has other ids")
		l.at.placed = len(p.Steps()) - 1
	}
	if l.spec.Process.Terminal {
		l.terminalInside(p, t)
	}
	l.session(p)
	if err := l.become(p); err != nil {
		return err
	}
	l.at.layer = l.rules.Write(p, t.Root, l.opt.Strict) // setns(2) leads into namespaces, not into a Landlock domain
	l.enter(p, t)
	if err := l.limits(p); err != nil {
		return err
	}
	p.Call("nobody inside may look at this process through /proc; the exec undoes it", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0)
	if !l.leaves() {
		p.Call("the command ends with urun; a change of ids would have cleared this", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
		p.Alive("urun may have ended before that took effect")
	}
	l.exec(p)
	return l.refusesUs()
}

// targetCalls takes the filter that the container has: a command beside its own is to have no more than that.
func (l *launch) targetCalls() error {
	r := l.target
	l.calls = calls{profile: r.Seccomp, flags: r.FilterFlags}
	if r.Seccomp == "" {
		return nil
	}
	dir, err := state.Open(r.access.States)
	if err != nil {
		return err
	}
	b, err := dir.Filter(r.ID)
	if err == nil {
		l.calls.filter, err = seccomp.FromBytes(b)
	}
	if err != nil {
		return fmt.Errorf("the container's seccomp filter cannot be read, and without it no command is run in it: %w", err)
	}
	return nil
}

// joinCgroup moves the child to the cgroup that the container's first process is in.
func (l *launch) joinCgroup(c *forkexec.Child) error {
	t := l.target
	host, err := cgroup2.Probe()
	if err != nil {
		return err
	}
	own, err := cgroup2.CgroupOf(t.Pid)
	if err != nil {
		return t.fail(err)
	}
	own = path.Join(host.Mount, own)
	below, ok := strings.CutPrefix(own+"/", t.Cgroup+"/")
	if !ok {
		return t.fail(unix.ESRCH)
	}
	below = strings.TrimSuffix(below, "/")
	err = t.group.Write(path.Join(below, "cgroup.procs"), strconv.Itoa(c.Pid))
	if err == nil || t.Unit == "" || !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) {
		return t.fail(err)
	}
	ctx, cancel := busContext()
	defer cancel()
	return t.fail(t.ask(ctx, func(s *cgroup2.Systemd) error {
		sub := ""
		if below != "" {
			sub = "/" + below
		}
		return s.Attach(ctx, t.Unit, sub, c.Pid)
	}))
}

// nowhere gives the command an empty input, and nobody reads its output.
func (o *output) nowhere() error {
	o.void = true
	for range 3 {
		fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: os.DevNull, Err: err}
		}
		o.inside = append(o.inside, fd)
	}
	return nil
}
