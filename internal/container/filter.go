package container

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/seccomp"
)

// calls is what the command's system calls are held against.
type calls struct {
	profile string          // its name, as records have it; "": none
	policy  *seccomp.Policy // nil without a filter, and of a further command, which takes the container's filter as it is
	filter  seccomp.Filter
	flags   uint32 // SECCOMP_FILTER_FLAG_*, of seccomp(2)
}

// chooseCalls compiles the filter that the spec has, or the flags ask for.
func (l *launch) chooseCalls() (err error) {
	c := &l.calls
	*c = calls{profile: l.profile(), flags: l.record.record.FilterFlags}
	if s := l.spec.Linux.Seccomp; s != nil {
		if c.policy, err = seccomp.FromSpec(s); err != nil {
			return fmt.Errorf("seccomp profile: %w", err)
		}
		if c.filter, err = seccomp.Compile(c.policy, runtime.GOARCH); err != nil {
			return fmt.Errorf("seccomp profile: %w", err)
		}
		return nil
	}
	var bounding []string
	if caps := l.spec.Process.Capabilities; caps != nil {
		bounding = caps.Bounding
	}
	switch c.profile {
	case ocispec.SeccompDefault, ocispec.SeccompNested:
		nested := c.profile == ocispec.SeccompNested
		if l.dry {
			c.policy = seccomp.Default(bounding, nested)
		}
		c.filter, err = seccomp.DefaultFilter(runtime.GOARCH, bounding, nested)
	}
	return err
}

// profile names what the command's system calls are held against.
func (l *launch) profile() string {
	name := l.opt.extra().Seccomp
	switch {
	case name == ocispec.SeccompUnconfined:
		return ""
	case name == "" && l.spec.Linux.Seccomp != nil:
		return "config.json"
	}
	return name
}

// confine puts the filter in place: it cannot be taken off again, and every process inside inherits it.
func (l *launch) confine(p *forkexec.Program) {
	f := l.calls.filter
	if f == nil {
		return
	}
	fprog := make([]byte, 16) // struct sock_fprog: the length, and at 8 the address
	binary.LittleEndian.PutUint16(fprog, uint16(len(f)))
	prog := p.Data(fprog)
	p.Store("the filter's instructions", prog, 8, p.Data(f.Bytes()))
	l.at.filter = p.Call("from here on the kernel refuses what the seccomp profile ("+l.calls.profile+") does not allow", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, l.calls.flags, prog)
}

// refusesUs is the error of a filter under which the container could not start.
func (l *launch) refusesUs() error {
	if l.at.filter == nil {
		return nil
	}
	c := seccomp.Call{Arch: seccomp.Native}
	refuses := func(trap uintptr) bool {
		c.Number = int32(trap)
		a := l.calls.filter.Run(&c)
		return a != seccomp.Allow && a != seccomp.Log
	}
	for _, s := range l.program.Steps()[int(l.at.filter.(forkexec.Ref))+1:] {
		trap, ok := s.Call()
		c.Args = [6]uint64{}
		for i, a := range s.Args {
			if v, is := a.(int64); is {
				c.Args[i] = uint64(v)
			}
		}
		if ok && refuses(trap) {
			return fmt.Errorf("the seccomp profile refuses %s, which urun needs to start the command: allow it", seccomp.Name(runtime.GOARCH, trap))
		}
	}
	for _, call := range forkexec.InitCalls() {
		c.Args = [6]uint64{call.First}
		switch {
		case call.Forks && l.noInit() || !refuses(call.Trap):
		case call.Forks:
			return fmt.Errorf("the seccomp profile refuses %s, which urun's init needs, the container's first process: allow it, or have the command be that (--no-init)", seccomp.Name(runtime.GOARCH, call.Trap))
		default:
			return fmt.Errorf("the seccomp profile refuses %s, which urun's init needs to start the command: allow it", seccomp.Name(runtime.GOARCH, call.Trap))
		}
	}
	return nil
}

// filtered says what a filter's kill of the command means, whose status looks like any other signal's; or "".
func (l *launch) filtered(ws unix.WaitStatus) string {
	if l.calls.filter == nil || statusOf(ws) != Signalled(unix.SIGSYS) {
		return ""
	}
	return "the command was killed by its seccomp filter (SIGSYS): it made a system call of another architecture, as a 32-bit program does, or one for which the profile says kill; --seccomp unconfined has no filter"
}
