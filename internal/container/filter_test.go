package container

import (
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/seccomp"
)

// profiled compiles a sample whose spec has another profile.
func profiled(t *testing.T, name string, change func(*specs.Spec)) error {
	t.Helper()
	l := compiled(t, name)
	change(l.spec)
	return l.compile()
}

// A filter under which the command could not start is an error that names the call, not a container that dies.
func TestProfilesUnderWhichNothingStarts(t *testing.T) {
	refusing := func(calls ...string) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: calls, Action: specs.ActErrno}}}
		}
	}
	killing := func(s *specs.Spec) {
		s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActKillProcess, Syscalls: []specs.LinuxSyscall{{Names: []string{"execve", "execveat", "read"}, Action: specs.ActAllow}}}
	}
	for _, tt := range []struct {
		name   string
		change func(*specs.Spec)
		says   string
	}{
		{"plain-one-id", refusing("mount", "setresuid", "openat2", "close_range"), ""},
		{"plain-one-id", refusing("execveat"), "refuses execveat, which urun needs"},
		{"plain-one-id", refusing("execve"), "refuses execve, which urun's init needs to start"},
		{"plain-one-id", refusing("wait4"), "refuses wait4, which urun's init needs, the container's first process"},
		{"plain-one-id", refusing("clone"), "--no-init"},
		{"no-init", refusing("clone", "wait4", "kill", "rt_sigtimedwait"), ""},
		{"no-init", refusing("execve"), "refuses execve"},
		{"plain-one-id", killing, "refuses fcntl"},
		{"new-privileges", refusing("mount"), ""},
		{"new-privileges", refusing("setresuid"), "refuses setresuid, which urun needs"},
		{"new-privileges", refusing("close_range"), "refuses close_range, which urun needs"},
	} {
		err := profiled(t, tt.name, tt.change)
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}

// urun's own profiles must allow what its own init does, for every set of capabilities.
func TestTheDefaultProfilesLetTheInitStart(t *testing.T) {
	for _, nested := range []bool{false, true} {
		for _, caps := range [][]string{nil, {"CAP_SYS_ADMIN"}, {"CAP_CHOWN", "CAP_NET_ADMIN"}} {
			for _, nnp := range []bool{false, true} {
				l := compiled(t, "plain-full-range")
				l.opt.Extra.Seccomp = ocispec.SeccompDefault
				if nested {
					l.opt.Extra.Seccomp = ocispec.SeccompNested
				}
				l.spec.Process.NoNewPrivileges = nnp
				l.spec.Process.Capabilities = &specs.LinuxCapabilities{Bounding: caps}
				if err := l.compile(); err != nil {
					t.Errorf("nested %v, %v, no_new_privs %v: %v", nested, caps, nnp, err)
				}
			}
		}
	}
}

// The calls that the init is said to make are real ones of this architecture.
func TestTheInitsCallsHaveNames(t *testing.T) {
	for _, c := range forkexec.InitCalls() {
		if name := seccomp.Name("amd64", c.Trap); strings.HasPrefix(name, "system call") && seccomp.Native == unix.AUDIT_ARCH_X86_64 {
			t.Errorf("the init makes %s", name)
		}
	}
}
