package container

import (
	"errors"
	"fmt"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/seccomp"
	"github.com/urun-project/urun/internal/state"
)

// plan decides on the cgroup: a function of the spec and the options.
func (l *launch) plan() error {
	settings, err := planned(l.spec.Linux.Resources, l.opt.extra().ImpliedSwap)
	if err != nil {
		return err
	}
	if err := fitsStart(settings); err != nil {
		return err
	}
	x, p := l.opt.extra(), &l.place
	p.asked, p.buses, p.record = x.Cgroup, l.opt.Buses, &l.record
	if p.asked == "" {
		p.asked = auto
	}
	p.wanted = p.asked != noManager && (len(settings) > 0 || x.OwnCgroup)
	if l.opt.Detach != nil && !p.wanted && p.asked == auto {
		p.wanted, p.implied = p.reachable(), true
	}
	parent, name, slice := cgroup2.ParsePath(l.spec.Linux.CgroupsPath)
	if name == "" {
		parent, name, slice = "", "urun-"+l.called(), true
	}
	if p.asked == auto && parent != "" && slice {
		p.asked = systemd
	} else if p.asked == auto && parent != "" {
		p.asked = cgroupfs
	}
	p.request = cgroup2.Request{Name: name, Parent: parent, Settings: settings, Description: l.describe()}
	r := &l.record
	r.states, r.access = l.opt.States, Access{l.opt.Buses, l.opt.States, l.opt.Store}
	r.needed = p.wanted || x.Name != "" || l.opt.Network.NeedsState() || l.opt.Detach != nil || l.opt.CIDFile != ""
	r.ownPids = l.owns(specs.PIDNamespace)
	r.record = state.Record{
		ID: l.opt.ID, Name: x.Name, Command: l.spec.Process.Args, Rootfs: l.spec.Root.Path, Urun: os.Getpid(), Wishes: l.opt.Wishes,
	}
	if img := l.opt.Image; img != nil {
		r.record.Image, r.record.ImageID, r.record.Rootfs = img.Name, img.Record.ID, ""
	}
	r.record.Seccomp = l.profile()
	if s := l.spec.Linux.Seccomp; s != nil {
		if r.record.FilterFlags, err = seccomp.Flags(s); err != nil {
			return fmt.Errorf("seccomp profile: %w", err)
		}
	}
	r.record.Terminal, r.record.KeepGroups, r.record.Denied, r.record.Overlay = l.spec.Process.Terminal, x.KeepGroups, x.Deny, x.OverlayDir
	return nil
}

// planned are the settings for resources. With impliedSwap nobody asked for the one of
// swap, and a kernel that does not count swap may be without it.
func planned(r *specs.LinuxResources, impliedSwap bool) ([]cgroup2.Setting, error) {
	settings, err := cgroup2.Plan(r)
	for i := range settings {
		settings[i].Implied = impliedSwap && settings[i].File == "memory.swap.max"
	}
	return settings, err
}

// fitsStart refuses a limit that a start would meet, which a spec may have.
func fitsStart(settings []cgroup2.Setting) error {
	for _, s := range settings {
		if n, ok := s.Number(); ok && n < ocispec.SmallestMemory && (s.File == "memory.max" || s.File == "memory.high") {
			return errors.New(s.String() + ": no container can start with so little; it takes " + Bytes(ocispec.SmallestMemory) + " at least")
		}
	}
	return nil
}

// called is the container's name, or the beginning of its id.
func (l *launch) called() string {
	return state.Record{ID: l.opt.ID, Name: l.opt.extra().Name}.Called()
}

// describe is the container in a line of systemctl status.
func (l *launch) describe() string {
	words := append([]string{"urun", l.called() + ":"}, l.spec.Process.Args...)
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.Join(words, " "), "?"))
	if len(line) > 200 {
		line = strings.ToValidUTF8(line[:200], "") + "..."
	}
	return line
}

// does prints what the parent does about the cgroup.
func (p *placement) does() string {
	var b strings.Builder
	switch p.asked {
	case systemd:
		b.WriteString("StartTransientUnit " + p.request.Name + ".scope")
	case cgroupfs:
		b.WriteString("mkdir " + p.request.Name + " in a cgroup")
	default:
		b.WriteString("StartTransientUnit " + p.request.Name + ".scope, or without systemd mkdir in a cgroup;")
	}
	b.WriteString(" PID")
	for _, s := range p.request.Settings {
		b.WriteString(" " + s.String())
	}
	return b.String()
}
