package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/userns"
)

// action is one thing the parent does while the child carries out its program.
type action struct {
	does, why string
	do        func(*forkexec.Child) error
	after     int // the child's step that it answers
}

// actions are the parent's side of the barriers in child.go, in order.
func (l *launch) actions() []action {
	var list []action
	if l.owns(specs.UserNamespace) {
		why := "only from outside can a range be mapped: user_namespaces(7)"
		if l.ids.Method == userns.Direct {
			why = "the caller may write this map itself: user_namespaces(7)"
		}
		for _, does := range l.mapping() {
			list = append(list, action{does: does, why: why, after: l.at.mapped})
		}
		list[len(list)-1].do = l.receiveMaps
		list = append(list, action{"send Mapped", "the child may go on", l.mapped, l.at.mapped})
	}
	if l.target != nil && l.target.group != nil {
		list = append(list,
			action{"move PID to the container's cgroup", "its limits hold for the command, too, and its end is the command's", l.joinCgroup, l.at.placed},
			action{"send Placed", "the child may go on", (*forkexec.Child).Release, l.at.placed})
	}
	if l.net.setup != nil {
		list = append(list, action{"start " + l.net.setup.Does(), "a driver carries the device's packets, now that there is a network namespace", l.receiveNamespace, l.at.netns})
	}
	if l.spec.Process.Terminal {
		list = append(list, action{"receive the pty's master", "the caller's terminal is connected to it", l.receiveMaster, l.at.master})
	}
	if p := &l.place; p.wanted {
		list = append(list,
			action{p.does(), "a place of its own, which ends with it", l.receivePlace, l.at.placed},
			action{"read the cgroup's files back", "a limit that did not arrive is an error", l.verifyPlace, l.at.placed},
			action{"send Placed", "the cgroup namespace begins at the container's own cgroup", (*forkexec.Child).Release, l.at.placed})
	}
	if l.net.setup != nil {
		list = append(list,
			action{"wait for the network driver", "packets are carried", l.receiveNetwork, l.at.connected},
			action{"send Connected", "the command may use it", (*forkexec.Child).Release, l.at.connected})
	}
	slices.SortStableFunc(list, func(a, b action) int { return a.after - b.after }) // where a network is waited for, depends
	last := len(l.program.Steps()) - 1
	return append(list,
		action{"receive the init's report", "the command runs, or why it does not", l.receiveReport, last},
		action{"wait4", "its exit status is urun's", nil, last})
}

// run writes the child's id maps and its program, does the parent's part and waits
// for the command. After an error the child may still be there.
func (l *launch) run(c *forkexec.Child, compile func() error) (status int, err error) {
	if l.owns(specs.UserNamespace) {
		l.maps = make(chan error, 1)
		written := l.beside("the id maps are written")
		go func() {
			err := l.ids.Write(c.Pid)
			written()
			l.maps <- err
		}()
		defer func() {
			if err != nil && l.maps != nil { // newuidmap is a child of ours, too
				<-l.maps
			}
		}()
	}
	if !l.bare && l.target == nil {
		l.record.begin(c.Pid, l.describeNetwork())
	}
	if err := l.net.early(); err != nil {
		return 0, err
	}
	l.place.around(c.Pid, l.beside)
	defer func() {
		if err != nil {
			l.place.giveUp()
			l.net.drop(l.place.wanted)
		}
	}()
	if err := l.readyLayers(c); err != nil {
		return 0, err
	}
	l.begin("compile")
	if err := compile(); err != nil {
		return 0, err
	}
	l.begin("load")
	err = c.Load(l.program, forkexec.InitConfig{
		Candidates: l.candidates(), NoFork: l.noInit() && !l.leaves(), Leave: l.leaves(),
		HostPid: l.target == nil && !l.owns(specs.PIDNamespace), Ask: l.place.wanted,
	}, l.opt.Timing || l.opt.Debug != nil)
	if err != nil {
		return 0, err
	}
	l.opt.Debug.follow(c, l.program)
	stop := l.listen(c)
	defer stop()
	for _, a := range l.actions() {
		if a.do == nil {
			continue
		}
		if l.maps != nil { // they are being written since the clone
			a.does = "wait for the id maps"
		}
		l.begin(a.does)
		if err := a.do(c); err != nil {
			return 0, err
		}
	}
	l.tell(c)
	l.tracePlace()
	l.runs(c)
	if err := l.begun(c); err != nil {
		return 0, err
	}
	if l.leaves() {
		// It has left the command to the container's init, unless someone inside has stopped it. Until somebody has
		// waited for it, the container's pid namespace cannot end: pid_namespaces(7).
		ended := make(chan struct{})
		go func() {
			_, _ = c.Wait() // it has told what became of the command
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(leaveDeadline):
		}
		return 0, nil
	}
	l.watchNetwork()
	ws, err := l.attend(c)
	if err != nil {
		return 0, err
	}
	l.ended()
	if sig := l.relay.interrupted(); sig != 0 { // the command had begun, and urun did not know yet
		return Signalled(sig), nil
	}
	if why := l.filtered(ws); why != "" && l.opt.Detach == nil {
		l.notice(why)
	}
	return statusOf(ws), nil
}

// leaveDeadline is how long it may take a process to end that has nothing else to do.
const leaveDeadline = time.Second

// receiveMaps waits until the maps are written.
func (l *launch) receiveMaps(*forkexec.Child) error {
	if l.maps == nil {
		return nil // somebody has waited for them
	}
	err := <-l.maps
	l.maps = nil
	var helper *userns.HelperError
	if err != nil && !errors.As(err, &helper) {
		return &mapsError{err}
	}
	return err
}

// mapped lets the child go on, and tells which ids it has to do without.
func (l *launch) mapped(c *forkexec.Child) error {
	if l.record.needed {
		if err := l.record.wait(); err != nil {
			return err
		}
	}
	l.tellLosses(l.notice)
	return c.Release()
}

// receivePlace waits until the child is in its cgroup.
func (l *launch) receivePlace(*forkexec.Child) error {
	if err := l.place.receive(); err != nil {
		return err
	}
	l.result.Cgroup, l.result.Unit = l.place.group.Path, l.place.group.Unit
	return nil
}

// verifyPlace makes sure of the limits.
func (l *launch) verifyPlace(*forkexec.Child) error {
	if err := l.place.verify(); err != nil {
		return err
	}
	if len(l.place.lost) == 0 && !(l.opt.Strict && l.opt.Detach != nil && l.place.group.Unit != "") {
		return nil
	}
	err := l.learn(func(h *ladder.Host) {
		for _, s := range l.place.lost {
			h.Cgroups.Lacks = append(slices.Clip(h.Cgroups.Lacks), s.File)
		}
		if l.opt.Strict {
			h.Cgroups.Lingers = ladder.AnswerOf(lingers(l.host.UID))
		}
	})
	if err == nil {
		l.tellLosses(l.notice)
	}
	return err
}

// abandon ends a child that will not become the container. What the child says
// about itself explains more than what the parent saw.
func (l *launch) abandon(c *forkexec.Child, err error) error {
	l.console.restore() // the container had it before its command failed to start
	// By somebody else: of a child that is past its program, the end is the command's.
	killed := l.program != nil && c.At() < len(l.program.Steps())-1 && c.Ended()
	c.Hangup()
	// SIGKILL, because a step may hang in a mount of a dead server; ESRCH: it has ended.
	_ = c.Signal(unix.SIGKILL, false)
	defer l.record.drop()
	defer l.place.discard()
	ws, werr := c.Wait()
	if werr != nil {
		return werr
	}
	if sig := l.relay.interrupted(); sig != 0 {
		return &interruptedError{sig}
	}
	if refused := c.Refused(); refused != nil {
		return refused
	}
	if errors.Is(err, forkexec.ErrNoDescriptor) {
		return err // what the child did without that, failed
	}
	if step := c.Failure(); step != nil {
		if l.tapFailed(step.Index) {
			return &networkError{l.net.setup.Mode, step}
		}
		if lost := l.forbidden(step); lost != nil {
			return lost
		}
		return l.stepFailed(step)
	}
	if kills := l.place.kills(unix.WaitStatus(ws)); kills > 0 {
		return &starvedError{l.place.request.Settings}
	}
	if killed || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return l.died(c) // or its end of the socket is gone
	}
	return err
}

func (l *launch) receiveMaster(c *forkexec.Child) error {
	m, ok, err := c.Receive()
	if err != nil {
		return err
	}
	if !ok {
		return l.died(c)
	}
	if l.opt.Detach != nil {
		l.out.terminal(m.FD)
		return nil
	}
	l.connect(m.FD)
	return nil
}

// receiveReport returns when the command runs, or says why it does not.
func (l *launch) receiveReport(c *forkexec.Child) error {
	m, ok, err := c.Receive()
	if err != nil {
		return err
	}
	if m.FD >= 0 {
		go unix.Close(m.FD) // nothing of the init's; see Attend
	}
	if ok && len(m.Bytes) == 16 && binary.LittleEndian.Uint64(m.Bytes[8:]) < uint64(len(l.candidates())) {
		errno := binary.LittleEndian.Uint64(m.Bytes)
		return &commandError{
			name: l.spec.Process.Args[0], candidate: l.candidates()[binary.LittleEndian.Uint64(m.Bytes[8:])],
			errno: syscall.Errno(errno & 0xfff), interpreter: errno&0x1000 != 0, process: errno&0x2000 != 0,
		}
	}
	// One byte, or the end of the socket when the command is the first process itself.
	if c.Failure() != nil || c.At() < len(l.program.Steps())-1 {
		return l.died(c)
	}
	c.Running()
	l.relay.runs()
	l.console.begin()
	l.out.beginTerminals()
	if l.place.watch == nil {
		c.Hangup()
	}
	if l.opt.Detach == nil {
		l.place.close()
	}
	return nil
}

// died is the error of a child whose end of the socket closed too early.
func (l *launch) died(c *forkexec.Child) error {
	if step := c.Failure(); step != nil {
		return step
	}
	at := c.At()
	if at >= len(l.program.Steps()) {
		at = 0
	}
	return fmt.Errorf("the container's first process was killed at step %d, %s; when memory ran out the kernel's log says so (dmesg, for an administrator), else somebody has sent it a signal", at, l.program.Line(at))
}
