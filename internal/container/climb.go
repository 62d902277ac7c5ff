package container

import (
	"os"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/mount"
)

// climbing is where a start stands on this machine: what of that is known so far, and
// what follows from it.
type climbing struct {
	found ladder.Host
	wish  ladder.Wish
	stand ladder.Standing
	told  []ladder.Loss
}

// climb decides on ids and network with what prepare has found.
func (l *launch) climb() error {
	l.up.wish = l.asks()
	return l.learn(func(h *ladder.Host) {
		h.Within, h.IDs, h.Network, h.Landlock, h.Runtime = l.opt.Within, l.host, l.net.host, l.landlock, l.opt.Runtime
	})
}

// asks is the wish of the spec and the options.
func (l *launch) asks() ladder.Wish {
	w := ladder.Wish{
		IDs: l.opt.UserNS, Shared: !l.owns(specs.UserNamespace) && l.joinedUser() == "", Network: l.net.wish,
		OwnPid: l.owns(specs.PIDNamespace), OwnNet: l.owns(specs.NetworkNamespace), OwnCgroup: l.owns(specs.CgroupNamespace),
		Limits: l.place.request.Settings, Manager: l.place.asked, Detached: l.opt.Detach != nil,
	}
	if l.joinedUser() != "" {
		w.Given = &l.ids
	}
	w.Landlock, _ = l.wantsLayer()
	if l.opt.Image != nil {
		w.Image = l.opt.Image.Record.Size()
	}
	return w
}

// learn climbs once more, now that more is known. With --strict what is lost is an error.
func (l *launch) learn(more func(*ladder.Host)) error {
	found := l.up.found
	more(&found)
	s := ladder.Climb(found, l.up.wish)
	if err := s.Refusal(); err != nil {
		return err
	}
	if l.opt.Strict && len(s.Lost) > 0 {
		return &ladder.LostError{Lost: s.Lost}
	}
	l.up.found, l.up.stand, l.ids = found, s, s.IDs
	l.net.take(s.Drivers)
	return nil
}

// tellLosses says what was lost, each once.
func (l *launch) tellLosses(say func(string)) {
	for _, lost := range l.up.stand.Lost {
		if !slices.Contains(l.up.told, lost) {
			l.up.told = append(l.up.told, lost)
			say(lost.String())
		}
	}
}

// tell says which lower rungs the child had to take.
func (l *launch) tell(c *forkexec.Child) {
	var learned []func(*ladder.Host)
	if c.NoCgroup() && l.showsCgroup() {
		learned = append(learned, func(h *ladder.Host) { h.CgroupNS = ladder.No })
	}
	for _, f := range l.tree.Fallbacks {
		if f.Step != nil && c.Result(f.Step) != forkexec.NotDone {
			learned = append(learned, taken(f))
		}
	}
	if l.at.name != nil && c.Result(l.at.name) == -int64(unix.EPERM) {
		learned = append(learned, func(h *ladder.Host) { h.Named = ladder.No })
	}
	if l.at.guard != nil && c.Result(l.at.guard) < 0 && cgroupIsYours() {
		learned = append(learned, unguarded)
	}
	if slices.ContainsFunc(l.at.opens, func(step any) bool { return c.Result(step) < 0 }) {
		learned = append(learned, unopened)
	}
	if l.at.keys != nil && !l.opt.Strict && c.Result(l.at.keys) >= 0 {
		learned = append(learned, func(h *ladder.Host) { h.Keys = ladder.No })
	}
	if l.at.layer != nil && c.Result(l.at.layer) < 0 {
		learned = append(learned, func(h *ladder.Host) { h.Layers = ladder.No })
	}
	for _, more := range learned {
		_ = l.learn(more) // nothing is refused any more: the command runs
	}
	l.tellLosses(l.front)
}

// taken is what a lower rung says about the machine.
func taken(f mount.Fallback) func(*ladder.Host) {
	return func(h *ladder.Host) {
		switch f.Type {
		case "proc":
			h.Proc = ladder.No
		case "sysfs":
			h.Sys = ladder.No
		case "overlay":
			h.ReadOnly = append(slices.Clip(h.ReadOnly), f.Path)
		case "upper":
			h.Writes = "its file system cannot be the upper layer of an overlay"
		}
	}
}

func unguarded(h *ladder.Host) { h.Guarded = ladder.No }
func unopened(h *ladder.Host)  { h.Opened = ladder.No }

// forbidden is what is lost by the failing of a step that is let fail without --strict;
// nil for any other.
func (l *launch) forbidden(e *forkexec.StepError) error {
	if !l.opt.Strict {
		return nil
	}
	step := forkexec.Ref(e.Index)
	switch {
	case l.at.cgroup == step && e.Errno == unix.ENOSPC:
		return l.learn(func(h *ladder.Host) { h.CgroupNS = ladder.No })
	case l.at.layer == step && e.Errno == unix.E2BIG:
		return l.learn(func(h *ladder.Host) { h.Layers = ladder.No })
	case l.at.name == step && e.Errno == unix.EPERM && l.opt.extra().ImpliedHostname:
		return l.learn(func(h *ladder.Host) { h.Named = ladder.No })
	case l.at.guard == step && slices.Contains(masked, e.Errno):
		return l.learn(unguarded)
	case slices.Contains(l.at.opens, any(step)) && slices.Contains(masked, e.Errno):
		return l.learn(unopened)
	case l.at.keys == step && e.Errno == unix.EDQUOT:
		return l.learn(func(h *ladder.Host) { h.Keys = ladder.No })
	}
	for _, f := range l.tree.Fallbacks {
		if f.From(step, e.Errno) {
			return l.learn(taken(f))
		}
	}
	return nil
}

// showsCgroup tells whether something is lost without a cgroup namespace: within a
// container that has one, no path is shown.
func (l *launch) showsCgroup() bool {
	own, err := cgroup2.CgroupOf(os.Getpid())
	return l.joinedUser() == "" && err == nil && own != "/"
}

// cgroupIsYours tells whether root inside may write the files of the caller's cgroup.
func cgroupIsYours() bool {
	h, err := cgroup2.Probe()
	return err == nil && h.Owned(os.Getuid())
}

// lateCgroup tells whether the cgroup namespace is made by the child's program, where its
// failing can be an error.
func (l *launch) lateCgroup() bool {
	return l.opt.Strict && !l.place.wanted && l.owns(specs.CgroupNamespace) && l.showsCgroup()
}
