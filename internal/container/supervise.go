package container

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
	"github.com/urun-project/urun/subid"
)

// begun does what there is to do once the command runs, for those who look for the
// container later.
func (l *launch) begun(c *forkexec.Child) (err error) {
	if l.bare || l.target != nil {
		return nil
	}
	defer func() {
		if err != nil {
			l.record.record.Life = state.Life{} // it ends now, and nothing is kept of a start that failed
		}
	}()
	if err := l.tellPid(c.Pid); err != nil {
		return err
	}
	var filter []byte
	if l.calls.filter != nil {
		filter = l.calls.filter.Bytes()
	}
	if l.opt.Detach == nil {
		life := l.life()
		swept := make(chan struct{})
		l.swept = swept
		go func() {
			_ = l.record.running(l.spec, filter, life) // the command's terminal is here, whoever else finds it or not
			if l.record.needed {
				l.record.sweep()
			}
			close(swept)
		}()
		return nil
	}
	if l.place.group != nil && l.place.group.Unit != "" {
		if !lingers(l.host.UID) {
			_ = l.learn(func(h *ladder.Host) { h.Cgroups.Lingers = ladder.No }) // that refuses nothing
			l.tellLosses(l.front)
		}
		l.place.moveOut(c.Pid)
	}
	if err := l.record.running(l.spec, filter, l.life()); err != nil {
		return err
	}
	if err := l.out.begin(l.record.dir(), l.spec.Process.Terminal); err != nil {
		return err
	}
	l.slim(c)
	return l.announce()
}

// life is what the record says from now on.
func (l *launch) life() state.Life {
	life := state.Life{Notices: l.said.all(), IDs: l.ids.Rung, Rung: l.up.stand.Rung()}
	for _, x := range l.up.stand.Lost {
		life.Losses = append(life.Losses, state.Loss{
			Property: string(x.Property), Lost: x.Lost, Cause: x.Cause, Fix: x.Fix, Who: string(x.Who), Meanwhile: x.Meanwhile,
		})
	}
	return life
}

// slim lets go of what the start took. A thousand supervisors may wait on one machine, for
// days: so none of them runs the collector, which has tables of its own, before there is
// something to collect.
func (l *launch) slim(c *forkexec.Child) {
	c.Forget()
	l.program, l.tree, l.slave = nil, nil, nil
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(32 << 20)
}

// lingers tells whether the user's systemd stays when the user has logged out:
// loginctl(1). It always does where the user is root.
func lingers(uid uint32) bool {
	if uid == 0 {
		return true
	}
	name, err := subid.Name(uid)
	if err != nil {
		return false
	}
	return unix.Access("/var/lib/systemd/linger/"+name, unix.F_OK) == nil
}

// moveOut has systemd take urun and its helpers out of the caller's session, which may
// end before the container does, into a scope of their own: not into the container's,
// whose limits are not theirs. What cannot be moved stays where it was. Nobody waits for
// it but close: a scope around a process that has ended meanwhile stays for ever.
func (p *placement) moveOut(container int) {
	if p.systemd == nil {
		return
	}
	moved := make(chan struct{})
	p.moved = moved
	go func() {
		defer close(moved)
		p.move(container)
		p.hangUp()
	}()
}

func (p *placement) move(container int) {
	r := p.request
	r.Name, r.Settings, r.PID, r.Description = r.Name+"-supervisor", nil, os.Getpid(), r.Description+" (supervisor)"
	g, err := p.systemd.Make(p.ctx, r)
	if err != nil {
		return
	}
	g.Close()
	for _, pid := range children() {
		if pid != container {
			_ = p.systemd.Attach(p.ctx, g.Unit, "", pid) // systemd refuses one of another uid
		}
	}
}

// children are urun's own.
func children() (pids []int) {
	tasks, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is right
	for _, task := range tasks {
		b, _ := os.ReadFile(task) // of a thread that has ended
		for word := range strings.FieldsSeq(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// finish notes what became of the command.
func (l *launch) finish(ws unix.WaitStatus) {
	status, why := statusOf(ws), l.filtered(ws)
	if l.timedOut.Load() {
		why = "its time was over (--timeout " + l.opt.Timeout.String() + ")"
	}
	if n := l.result.OOMKills; n > 0 && l.opt.Detach != nil {
		l.out.say(starved(n, l.place.limit()))
	}
	if why := l.filtered(ws); why != "" && l.opt.Detach != nil {
		l.out.say(why)
	}
	l.record.lost(l.out.closeLog())
	l.record.ended(status, l.result.OOMKills > 0 && status == Signalled(unix.SIGKILL), why)
	l.out.end(status)
}

// expire ends the container when its time is over.
func (l *launch) expire(c *forkexec.Child) {
	l.timedOut.Store(true)
	l.notice("its time is over (--timeout): the container is ended")
	_ = c.Signal(unix.SIGKILL, false) // it may have ended just now
}

// discard removes the log of a container that did not start, or that nothing is kept of.
func (o *output) discard() {
	if o.dir != "" {
		_ = state.RemoveLog(o.dir, logfile.Remove) // what stays, is swept
	}
}
