package container

import (
	"slices"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/seccomp"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/userns"
)

// execSample is a further command in a container.
type execSample struct {
	change  func(*specs.Process)
	detach  bool
	grouped bool
	single  bool // the container has one id
	ttys    Terminals
	layer   []string
}

var execSamples = map[string]execSample{
	"exec":               {},
	"exec-with-terminal": {change: func(p *specs.Process) { p.Terminal = true }, grouped: true},
	"exec-with-landlock": {layer: []string{"/dev", "/home/me/work"}},
	"exec-in-background": {detach: true},
	"exec-terminals":     {ttys: Terminals{1, 0, 1}},
	"exec-one-id":        {single: true, change: func(p *specs.Process) { p.Cwd = "/srv/data" }},
	"exec-as-user": {change: func(p *specs.Process) {
		p.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{4, 24}}
		p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}}
	}},
}

// entered is a sample's launch, compiled without a look at this machine.
func entered(t *testing.T, name string) *launch {
	t.Helper()
	return execSamples[name].entered(t)
}

func (s execSample) entered(t *testing.T) *launch {
	t.Helper()
	p := &specs.Process{
		Args: []string{"true"}, Env: []string{"PATH=/bin", "HOME=/root"}, Cwd: "/", NoNewPrivileges: true,
		Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_CHOWN"}, Effective: []string{"CAP_CHOWN"}, Permitted: []string{"CAP_CHOWN"}},
	}
	if s.change != nil {
		s.change(p)
	}
	r := &Running{Record: state.Record{ID: "0123456789ab", Pid: 4242}}
	if s.grouped {
		r.Cgroup, r.group = "/sys/fs/cgroup/x", new(cgroup2.Group)
	}
	l := &launch{target: &target{Running: r, join: forkexec.Join{Types: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID}}, spec: &specs.Spec{Process: p, Root: &specs.Root{}, Linux: &specs.Linux{}}}
	l.ids, l.nofiles = userns.Choice{DenySetgroups: s.single}, nofile.Limit{Cur: 1024, Max: 524288}
	l.calls = calls{profile: ocispec.SeccompDefault, filter: seccomp.Filter{{Code: unix.BPF_RET, K: uint32(seccomp.Allow)}}}
	if s.layer != nil {
		l.rules = landlock.Decide(wishOf(s.layer), landlock.Kernel{ABI: 7})
	}
	if s.detach {
		l.opt.Detach, l.out.inside, l.out.void = new(Detach), []int{-1, -1, -1}, true
	}
	l.opt.TTYs = s.ttys
	if err := l.openTerminals(true); err != nil {
		t.Fatal(err)
	}
	if err := l.compileExec(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheProgramOfExecIsTheOneThatWasReviewed(t *testing.T) {
	for name := range execSamples {
		t.Run(name, func(t *testing.T) { reviewed(t, name, (&Plan{entered(t, name)}).steps()) })
	}
}

// What protects a container holds for every way into it.
func TestExecProtectsAsTheStartDoes(t *testing.T) {
	for name, s := range execSamples {
		l := listing(entered(t, name).program.JSON())
		last := len(l) - 1
		first := func(call string, args ...string) int {
			at := l.all(call, args...)
			if len(at) == 0 {
				t.Fatalf("%s: no %s%v", name, call, args)
			}
			return at[0]
		}
		ids, exec := first("setresuid"), first("execveat", "init")
		for _, tt := range []struct {
			what string
			ok   bool
		}{
			{"the exec is the last step", exec == last},
			{"the container's filter is in place just before it", first("seccomp", "SECCOMP_SET_MODE_FILTER") == last-1 || len(l.all("prctl", "PR_SET_NO_NEW_PRIVS")) == 0},
			{"the bounding set goes before the ids", slices.Max(l.all("prctl", "PR_CAPBSET_DROP")) < ids},
			{"the group goes before the user", first("setresgid") < ids},
			{"the caller's keyring is left", first("keyctl") < ids},
			{"capabilities are dropped after the ids", first("capset") > ids},
			{"no_new_privs", first("prctl", "PR_SET_NO_NEW_PRIVS", "1") > ids},
			{"not dumpable after the ids", first("prctl", "PR_SET_DUMPABLE", "0") > ids},
			{"the working directory is entered as the user", first("fchdir") > ids},
			{"and looked at", first("getcwd") > first("fchdir")},
			{"no descriptor is left", first("close_range", "3") > first("getcwd")},
			{"the Landlock layer is there when the container has one", (s.layer == nil) == (len(l.all("landlock_restrict_self", "", "0")) == 0)},
			{"with no_new_privs", s.layer == nil || first("landlock_restrict_self") > first("prctl", "PR_SET_NO_NEW_PRIVS", "1")},
			{"it ends with urun", s.detach == (len(l.all("prctl", "PR_SET_PDEATHSIG")) == 0)},
			{"groups", s.single == (len(l.all("setgroups")) == 0)},
			{"it waits for its cgroup with the caller's ids", !s.grouped || len(l.waits("Placed")) == 1 && l.waits("Placed")[0] == 0},
		} {
			if !tt.ok {
				t.Errorf("%s: not so: %s", name, tt.what)
			}
		}
	}
}
