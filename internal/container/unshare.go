package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/mount"
)

// Unshare runs a command of the host in the caller's id map, with every capability
// over those ids and a mount namespace of its own, but no container around it. It
// stays in the caller's session and process group. The result is as Run's.
func Unshare(argv, env []string, o Options) (status int, err error) {
	l := bare(argv, env, o)
	status, err = l.start(l.prepareBare, l.compileBare)
	return status, failure(l, err)
}

func bare(argv, env []string, o Options) *launch {
	l := &launch{opt: o, bare: true, spec: &specs.Spec{
		Process: &specs.Process{Args: argv, Env: env},
		Linux:   &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.UserNamespace}, {Type: specs.MountNamespace}}},
	}}
	if o.Net {
		l.spec.Linux.Namespaces = append(l.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.NetworkNamespace})
	}
	return l
}

// prepareBare is what prepare is for a container.
func (l *launch) prepareBare() (err error) {
	l.nofiles, l.host = nofile.Inherited, callerids.For(l.opt.UserNS.Mode)
	return l.climb()
}

// compileBare is what compile is for a container.
func (l *launch) compileBare() error {
	p := new(forkexec.Program)
	l.program, l.tree = p, mount.NewTree(p)
	p.Wait("Mapped: until the ids have a meaning here")
	l.at.mapped = len(p.Steps()) - 1
	l.appear(p)
	mount.Private(p)
	if l.owns(specs.NetworkNamespace) {
		loopback(p)
		l.openNetwork(p)
	}
	l.files(p)
	p.Call("the command ends with urun", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL))
	p.Alive("urun may have ended before that took effect")
	p.Exec(l.spec.Process.Args, l.spec.Process.Env)
	return nil
}
