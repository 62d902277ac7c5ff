package container

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/state"
)

// busDeadline is how long all that is asked of systemd may take. When others are busy
// starting containers, too, it takes some tens of milliseconds.
const busDeadline = 10 * time.Second

var errNoAnswer = errors.New("no answer within " + busDeadline.String())

// The managers that a container's cgroup may have; see --cgroup.
const (
	auto      = "auto"
	systemd   = "systemd"
	cgroupfs  = "cgroupfs"
	noManager = "none"
)

// placement is the cgroup of a container. It is decided by plan, made by around while
// the child does other things, and gone after drop.
type placement struct {
	wanted  bool   // the container has a cgroup of its own
	implied bool   // because it is in the background; nobody asked for it
	asked   string // the manager that was asked for
	request cgroup2.Request
	buses   []string
	record  *registration
	pid     int // of the process that it is made around

	ctx    context.Context // of everything that is asked of systemd
	cancel context.CancelFunc
	host   cgroup2.Host
	dialed chan dialed   // one value: what came of begin
	made   chan error    // one value: what came of around; nil while there is nothing to wait for
	moved  chan struct{} // closed when urun has moved to a scope of its own; nil when it does not

	systemd   *cgroup2.Systemd // nil when it was not asked
	uncertain bool             // systemd may still make a scope that nobody waits for

	group *cgroup2.Group
	watch *cgroup2.Watch
	lost  []cgroup2.Setting // implied settings that the kernel lacks

	memory string // the limit on it when the command was killed
}

// dialed is the connection to systemd, or why there is none.
type dialed struct {
	systemd *cgroup2.Systemd
	err     error
}

// begin looks at the host's cgroups and connects to systemd, beside the clone.
func (p *placement) begin() {
	if p.dialed != nil {
		return
	}
	p.ctx, p.cancel = context.WithTimeoutCause(context.Background(), busDeadline, errNoAnswer)
	p.dialed = make(chan dialed, 1)
	go func() {
		var d dialed
		if d.err = p.look(); d.err == nil && p.asked != cgroupfs {
			d.systemd, d.err = cgroup2.DialSystemd(p.ctx, p.host, p.buses)
		}
		p.dialed <- d
	}()
}

// reachable tells whether the user has a systemd. A container in the background has a
// scope there, so that it ends when systemd ends what is the user's.
func (p *placement) reachable() bool {
	p.begin()
	d := <-p.dialed
	p.dialed <- d
	if d.err != nil {
		p.close()
	}
	return d.err == nil
}

// look finds out where cgroups are, and refuses what this machine cannot do.
func (p *placement) look() (err error) {
	if p.host, err = cgroup2.Probe(); err != nil {
		return err
	}
	if p.host.Mount == "" && len(p.host.V1) == 0 {
		return errUnmounted
	}
	v1 := p.host.V1Holds(cgroup2.Controllers(p.request.Settings))
	if len(v1) > 0 || p.host.Mount == "" {
		return &v1Error{v1}
	}
	return cgroup2.CheckOnline(p.request.Settings)
}

// around begins to make the cgroup around a process, which waits for it at its barrier.
func (p *placement) around(pid int, beside func(string) func()) {
	if !p.wanted {
		return
	}
	ready := beside("the cgroup is made")
	made := make(chan error, 1)
	p.made, p.pid = made, pid
	go func() {
		err := p.make(pid)
		ready()
		made <- err
	}()
}

// make records the container and makes its cgroup.
func (p *placement) make(pid int) error {
	d := <-p.dialed
	p.dialed <- d // for the next child, on a lower rung
	var broken *cgroup2.DialError
	if d.err != nil && !errors.As(d.err, &broken) {
		return d.err
	}
	if d.err != nil && p.asked == systemd {
		return &noCgroupError{asked: p.asked, booted: p.host.Booted, bus: d.err}
	}
	err := p.record.change(func(r *state.Record) {
		if d.systemd != nil { // so that a scope can be found also when urun is killed before it knows of it
			r.Manager, r.Unit = systemd, p.request.Name+".scope"
		}
	})
	if err != nil {
		return err
	}
	r := p.request
	r.PID = pid
	if p.systemd = d.systemd; d.systemd != nil {
		p.group, err = d.systemd.Make(p.ctx, r)
		p.uncertain = err != nil && p.ctx.Err() != nil
		if p.asked == systemd || !errors.Is(err, cgroup2.ErrNoBus) {
			return p.save(systemd, err)
		}
		d.err = err
	}
	p.group, err = cgroup2.Direct{Host: p.host}.Make(p.ctx, r)
	var nowhere *cgroup2.PlaceError
	if errors.As(err, &nowhere) {
		err = &noCgroupError{asked: p.asked, parent: p.request.Parent, booted: p.host.Booted, bus: d.err, dirs: nowhere}
	}
	return p.save(cgroupfs, err)
}

// save completes the record of the container.
func (p *placement) save(manager string, err error) error {
	if err != nil {
		return err
	}
	return p.record.change(func(r *state.Record) { r.Manager, r.Cgroup, r.Unit = manager, p.group.Path, p.group.Unit })
}

// receive waits until the child is in its cgroup.
func (p *placement) receive() error {
	err := <-p.made
	p.made = nil
	if err != nil && p.implied && p.ctx.Err() == nil {
		return &scopeError{err}
	}
	return err
}

// scopeError is a cgroup that cannot be had, and that nobody asked for.
type scopeError struct{ cause error }

func (e *scopeError) Error() string { return e.cause.Error() }
func (e *scopeError) Unwrap() error { return e.cause }

// without lets the container start where it is.
func (p *placement) without() error {
	p.wanted, p.implied = false, false
	p.close()
	return p.record.change(func(r *state.Record) { r.Manager, r.Unit, r.Cgroup = "", "", "" })
}

// verify makes sure that the kernel has what was asked for. From here on nothing that
// it does for want of memory is missed.
func (p *placement) verify() (err error) {
	if p.lost, err = p.group.Apply(p.request.Settings); err != nil {
		return err
	}
	if err = p.group.Enclose(p.pid, p.request.Settings); err != nil {
		return err
	}
	if p.watch, err = p.group.Watch(); errors.Is(err, fs.ErrNotExist) {
		err = nil // no memory controller, so no limit that could be met
	}
	return err
}

// note keeps what the cgroup says when the command was killed: it is about to go.
func (p *placement) note() {
	p.watch.Kills(false)
	if b, err := p.group.Read("memory.max"); err == nil { // it may have been changed since the start
		p.memory = strings.TrimSpace(b)
	}
}

// kills is how many processes the kernel killed for memory, after the first one ended.
func (p *placement) kills(ws unix.WaitStatus) uint64 {
	if p.watch == nil {
		return 0
	}
	return p.watch.Kills(ws.Signaled() && ws.Signal() == unix.SIGKILL || ws.ExitStatus() == Signalled(unix.SIGKILL))
}

// interrupt ends the waiting for systemd.
func (p *placement) interrupt() {
	if p.wanted {
		p.cancel()
	}
}

// giveUp waits for a cgroup that is just being made, whose process must not be reaped
// before: its pid could be another's.
func (p *placement) giveUp() {
	if p.made != nil {
		<-p.made
		p.made = nil
	}
}

// discard is drop for a container that did not start: its process may have been dead
// before systemd moved it.
func (p *placement) discard() {
	if p.systemd != nil && p.group != nil && p.group.Unit != "" {
		_ = p.systemd.StopEmpty(p.ctx, p.group.Unit) // the record of one that stays is gone, but so is its process
	}
	p.drop()
}

// drop removes the cgroup, with what may be left in it.
func (p *placement) drop() {
	if p.watch != nil {
		p.watch.Close()
		p.watch = nil
	}
	if p.group != nil {
		// What stays of it, the next start collects.
		_ = p.group.Remove()
		p.group.Close()
		p.group = nil
	}
	if p.uncertain {
		p.record.leave() // for the next to look after the scope
	}
}

// close ends the connection to systemd when nobody needs it any more.
func (p *placement) close() {
	if p.moved != nil {
		<-p.moved
		p.moved = nil
	}
	p.hangUp()
}

func (p *placement) hangUp() {
	if p.dialed == nil {
		return
	}
	p.cancel()
	if d := <-p.dialed; d.systemd != nil {
		d.systemd.Close()
	}
	p.dialed = nil
}
