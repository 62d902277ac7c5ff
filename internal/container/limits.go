package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
)

// rlimits are the resources of getrlimit(2) by the names of the OCI runtime spec.
var rlimits = map[string]int{
	"RLIMIT_AS": unix.RLIMIT_AS, "RLIMIT_CORE": unix.RLIMIT_CORE, "RLIMIT_CPU": unix.RLIMIT_CPU, "RLIMIT_DATA": unix.RLIMIT_DATA,
	"RLIMIT_FSIZE": unix.RLIMIT_FSIZE, "RLIMIT_LOCKS": unix.RLIMIT_LOCKS, "RLIMIT_MEMLOCK": unix.RLIMIT_MEMLOCK, "RLIMIT_MSGQUEUE": unix.RLIMIT_MSGQUEUE,
	"RLIMIT_NICE": unix.RLIMIT_NICE, "RLIMIT_NOFILE": unix.RLIMIT_NOFILE, "RLIMIT_NPROC": unix.RLIMIT_NPROC, "RLIMIT_RSS": unix.RLIMIT_RSS,
	"RLIMIT_RTPRIO": unix.RLIMIT_RTPRIO, "RLIMIT_RTTIME": unix.RLIMIT_RTTIME, "RLIMIT_SIGPENDING": unix.RLIMIT_SIGPENDING, "RLIMIT_STACK": unix.RLIMIT_STACK,
}

var errLiftable = errors.New("--nested with CAP_SYS_RESOURCE: the command could raise user.max_cgroup_namespaces, which is 0 to keep your cgroup from it; " +
	"leave the capability out, or give the container a cgroup of its own, by --pids-limit for instance")

// limits sets what setrlimit(2) limits.
func (l *launch) limits(p *forkexec.Program) error {
	l.files(p)
	for _, r := range l.spec.Process.Rlimits {
		n, ok := rlimits[r.Type]
		if !ok {
			return fmt.Errorf("there is no resource %q; getrlimit(2) lists them", r.Type)
		}
		why := "asked for: " + r.Type
		if n == unix.RLIMIT_CORE && r.Hard == 0 {
			why = "no core dumps: one has the memory of a process in it, and the host decides where it goes"
		}
		p.Call(why, unix.SYS_PRLIMIT64, 0, n, rlimit(r.Soft, r.Hard), 0)
	}
	return nil
}

// files puts the limit on descriptors back, which Go has raised for urun.
func (l *launch) files(p *forkexec.Program) {
	if was := l.nofiles; was.Max != 0 {
		p.Call("the caller's limit on descriptors, which Go has raised", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, rlimit(was.Cur, was.Max), 0)
	}
}

// sysctls are written through the container's own /proc: they are its namespaces'.
// So is how willing the kernel is to kill the command for memory.
func (l *launch) sysctls(p *forkexec.Program, t *mount.Tree) error {
	if (l.owns(specs.UserNamespace) || l.joinedUser() != "") && l.owns(specs.CgroupNamespace) && !l.place.wanted {
		// The root of its cgroup namespace is the caller's cgroup, whose files belong to the
		// caller. nsdelegate forbids to write them only from the namespace whose root that is:
		// from one below it, which anyone may make, cgroup.kill ends the caller's session.
		// It takes CAP_SYS_RESOURCE to raise it again. With --nested nothing may be mounted over it: no new /proc could be made inside.
		if c := l.spec.Process.Capabilities; l.opt.extra().Nested && c != nil && slices.Contains(c.Bounding, "CAP_SYS_RESOURCE") {
			return errLiftable
		}
		fd := t.File("the caller's cgroup could be written from a cgroup namespace below this one", "/proc/sys/user/max_cgroup_namespaces", unix.O_WRONLY)
		if l.at.guard = fd; !l.opt.Strict || !cgroupIsYours() {
			p.Tolerate(fd, masked...)
		}
		p.Tolerate(p.Call("so none can be made inside", unix.SYS_WRITE, fd, []byte("0"), 1), unix.EBADF)
		p.Tolerate(p.Call("done", unix.SYS_CLOSE, fd), unix.EBADF)
	}
	for _, name := range sortedKeys(l.spec.Linux.Sysctl) {
		value := l.spec.Linux.Sysctl[name]
		fd := t.File("asked for: sysctl "+name, "/proc/sys/"+strings.ReplaceAll(name, ".", "/"), unix.O_WRONLY)
		p.Call("write sysctl "+name+"="+value, unix.SYS_WRITE, fd, []byte(value), len(value))
		p.Call("done", unix.SYS_CLOSE, fd)
	}
	if adj := l.spec.Process.OOMScoreAdj; adj != nil {
		value := strconv.Itoa(*adj)
		fd := t.File("asked for: oom_score_adj, before a change of ids", "/proc/self/oom_score_adj", unix.O_WRONLY)
		p.Call("its value", unix.SYS_WRITE, fd, []byte(value), len(value))
	}
	return nil
}

func rlimit(soft, hard uint64) []byte {
	b := make([]byte, 16)
	binary.LittleEndian.PutUint64(b, soft)
	binary.LittleEndian.PutUint64(b[8:], hard)
	return b
}
