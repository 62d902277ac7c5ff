package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/state"
)

// fail is an error about the container: without its cgroup it has ended.
func (r *Running) fail(err error) error {
	if cgroup2.Gone(err) || errors.Is(err, unix.ESRCH) {
		err = fmt.Errorf("the container %s has just ended", quote(r.Called()))
	}
	return failure(nil, err)
}

// Close lets go of the container, which runs on.
func (r *Running) Close() {
	if r.group != nil {
		r.group.Close()
	}
}

// grouped refuses what takes a cgroup.
func (r *Running) grouped() error {
	if r.group != nil {
		return nil
	}
	return failure(nil, fmt.Errorf("the container %s has no cgroup of its own; one that is started with a limit, or with --cgroup systemd or cgroupfs, has", quote(r.Called())))
}

// freezeDeadline is how long processes may take to stand still; one that waits for a
// disk does not stop before.
const freezeDeadline = 10 * time.Second

// Pause stops all processes of the container where they are, or lets them go on.
func (r *Running) Pause(pause bool) error {
	if err := r.grouped(); err != nil {
		return failure(nil, err)
	}
	if r.group.Frozen() == pause {
		return failure(nil, fmt.Errorf("the container %s is %s", quote(r.Called()), map[bool]string{true: "paused already", false: "not paused"}[pause]))
	}
	ctx, cancel := context.WithTimeout(context.Background(), freezeDeadline)
	defer cancel()
	if r.Unit != "" {
		// So that systemd knows of it; the file is what counts, and is looked at next.
		_ = r.ask(ctx, func(s *cgroup2.Systemd) error { return s.Freeze(ctx, r.Unit, pause) })
	}
	err := r.group.Freeze(ctx, pause)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("the container %s did not stand still within %v, because a process in it waits for a device, and goes on; try again", quote(r.Called()), freezeDeadline)
	}
	return r.fail(err)
}

// Paused tells whether all its processes stand still.
func (r *Running) Paused() bool { return r.group != nil && r.group.Frozen() }

// Kill sends a signal to the container's command, or to all of its processes.
func (r *Running) Kill(sig syscall.Signal, all bool) error {
	if all {
		if err := r.grouped(); err != nil {
			return failure(nil, err)
		}
	}
	switch {
	case all && sig == unix.SIGKILL:
		return r.fail(r.group.Kill())
	case all:
		return r.fail(r.signalAll(sig))
	}
	fd, err := unix.PidfdOpen(r.Pid, 0)
	if err == nil {
		defer unix.Close(fd)
		// The pid may have been another's since the record was read.
		if err = unix.ESRCH; r.runs() {
			err = unix.PidfdSendSignal(fd, sig, nil, 0)
		}
	}
	return r.fail(os.NewSyscallError("send a signal to the container", err))
}

// runs tells whether the record's process is still the container's: it is in its cgroup,
// or the container's urun, which alone reaps it, is still there.
func (r *Running) runs() bool {
	if r.group != nil {
		return r.holds(r.Pid)
	}
	dir, err := state.Open(r.access.States)
	if err != nil {
		return false
	}
	now, ok := dir.Running(r.ID)
	return ok && now.Pid == r.Pid && apart(r.Pid) // no container has all namespaces of the host
}

// holds tells whether a process is in the container's cgroup or below it.
func (r *Running) holds(pid int) bool {
	host, err := cgroup2.Probe()
	if err != nil {
		return false
	}
	own, err := cgroup2.CgroupOf(pid)
	return err == nil && strings.HasPrefix(path.Join(host.Mount, own)+"/", r.Cgroup+"/")
}

func (r *Running) signalAll(sig syscall.Signal) error {
	pids, err := r.group.Processes()
	for _, pid := range pids {
		if kerr := unix.Kill(pid, sig); kerr != nil && kerr != unix.ESRCH {
			err = errors.Join(err, os.NewSyscallError("kill", kerr))
		}
	}
	return err
}

// Stats is what the container uses now.
func (r *Running) Stats() (cgroup2.Stats, error) {
	if err := r.grouped(); err != nil {
		return cgroup2.Stats{}, err
	}
	s, err := r.group.Stats()
	return s, r.fail(err)
}

// Update changes limits of the running container. Either all of them change, or an
// error tells why none did.
func (r *Running) Update(resources *specs.LinuxResources, impliedSwap bool) error {
	if err := r.grouped(); err != nil {
		return failure(nil, err)
	}
	settings, err := planned(r.completed(resources), impliedSwap)
	if err != nil {
		return failure(nil, err)
	}
	if err := cgroup2.CheckOnline(settings); err != nil {
		return failure(nil, err)
	}
	if err := r.fits(settings); err != nil {
		return r.fail(err)
	}
	before := r.group.Current(settings)
	if err = r.change(settings); err != nil {
		_ = r.change(before) // the error to tell is the first
	}
	return r.fail(err)
}

// completed adds what cpu.max has now to a change of only one of its two numbers.
func (r *Running) completed(resources *specs.LinuxResources) *specs.LinuxResources {
	if resources == nil || resources.CPU == nil || (resources.CPU.Quota == nil) == (resources.CPU.Period == nil) {
		return resources
	}
	have, err := r.group.Read("cpu.max")
	if err != nil {
		return resources // the change itself tells why
	}
	all, cpu := *resources, *resources.CPU
	all.CPU = &cpu
	quota, period, _ := strings.Cut(strings.TrimSpace(have), " ")
	if n, err := strconv.ParseInt(quota, 10, 64); err == nil && cpu.Quota == nil {
		cpu.Quota = &n
	}
	if n, err := strconv.ParseUint(period, 10, 64); err == nil && cpu.Period == nil {
		cpu.Period = &n
	}
	return &all
}

// busContext is for all that one command asks of systemd.
func busContext() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.Background(), busDeadline, errNoAnswer)
}

// ask asks systemd for something.
func (r *Running) ask(ctx context.Context, do func(*cgroup2.Systemd) error) error {
	host, err := cgroup2.Probe()
	if err != nil {
		return err
	}
	s, err := cgroup2.DialSystemd(ctx, host, r.access.Buses)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

// change has systemd take note of limits, or it would write its own again one day, and
// writes what systemd does not.
func (r *Running) change(settings []cgroup2.Setting) error {
	if r.Unit != "" {
		ctx, cancel := busContext()
		defer cancel()
		if err := r.ask(ctx, func(s *cgroup2.Systemd) error { return s.Update(ctx, r.Unit, settings) }); err != nil {
			return err
		}
	}
	_, err := r.group.Apply(settings)
	if err == nil {
		err = r.group.ApplyInner(settings)
	}
	return err
}

// fits refuses limits below what the container uses: the kernel would kill for one, and
// the other would stop every start of a process.
func (r *Running) fits(settings []cgroup2.Setting) error {
	used, err := r.group.Stats()
	if err != nil {
		return err
	}
	for _, s := range settings {
		have, unit := used.Memory, ""
		switch s.File {
		case "memory.max":
		case "pids.max":
			have, unit = used.Pids, " processes and threads"
		default:
			continue
		}
		limit, ok := s.Number()
		if !ok || have == nil || *have <= limit {
			continue
		}
		uses := Bytes(*have)
		if unit != "" {
			uses = fmt.Sprint(*have) + unit
		}
		return fmt.Errorf("%s: the container uses %s now, which is more; end something in it first, or choose a higher limit", asks(s), uses)
	}
	return nil
}
