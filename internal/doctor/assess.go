package doctor

import (
	"slices"
	"strings"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/apparmor"
	"github.com/urun-project/urun/internal/ladder"
)

// Report is what the findings mean. Its JSON is documented in docs and stays as it is; fields may be added.
type Report struct {
	Works    bool          `json:"works"`              // "urun ROOTFS sh" works, perhaps without something
	Summary  string        `json:"summary"`            // that in a sentence
	Rung     string        `json:"rung"`               // as urun inspect has it; "nothing" where nothing works
	Network  string        `json:"network"`            // the driver that auto takes, or "none"
	Limits   []string      `json:"limits"`             // controllers that limits can be set with
	Checks   []Check       `json:"checks"`             // in the order in which they are shown
	Lost     []ladder.Loss `json:"lost,omitempty"`     // what "urun ROOTFS sh" does without
	AppArmor string        `json:"apparmor,omitempty"` // the profile that an administrator has to load
}

// subject is what the parts of an assessment look at.
type subject struct {
	*Findings
	host  ladder.Host
	plain ladder.Standing // of urun ROOTFS sh
	more  ladder.Standing // of the same in the background, read-only and with every limit
}

// controllersOf are those that limits can be set with, and a file of each.
var controllersOf = []cgroup2.Setting{{File: "memory.max"}, {File: "pids.max"}, {File: "cpu.max"}, {File: "cpuset.cpus"}, {File: "io.max"}}

// Assess says what findings mean. It is a pure function.
func Assess(f *Findings) Report {
	s := &subject{Findings: f, host: f.Host()}
	wish := ladder.Plain()
	s.plain = ladder.Climb(s.host, wish)
	wish.Limits, wish.Detached, wish.Landlock = controllersOf, true, true
	s.more = ladder.Climb(s.host, wish)

	r := Report{Rung: s.plain.Rung(), Network: "none", Lost: s.plain.Lost}
	for _, part := range []func() []Check{
		s.kernel, s.namespaces, s.appArmor, s.ids, s.subordinates, s.mounts, s.rootfs, s.confinement, s.rehearsal, s.network, s.cgroups, s.dirs, s.config,
	} {
		r.Checks = append(r.Checks, part()...)
	}
	if len(s.plain.Drivers) > 0 {
		r.Network = string(s.plain.Drivers[0])
	}
	r.Limits = s.limits()
	r.Works = !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.State == Blocked })
	if !r.Works {
		r.Rung = ladder.Nothing
	}
	r.Summary = s.summary(r)
	if s.host.Guards.Powerless == ladder.Yes {
		r.AppArmor = apparmor.Profile(f.Self)
	}
	return r
}

// summary is all of it in a sentence.
func (s *subject) summary(r Report) string {
	command := "urun ./rootfs sh"
	if s.Rootfs != nil {
		command = "urun " + s.Rootfs.Path + " sh"
	}
	if !r.Works {
		var causes []string
		for _, c := range r.Checks {
			switch {
			case c.State == Blocked && c.Name == "namespaces":
				causes = append(causes, c.Means+": "+c.Found)
			case c.State == Blocked:
				causes = append(causes, c.Found)
			}
		}
		return command + " will not work here: " + strings.Join(causes, "; also: ")
	}
	limits := "no limits"
	if len(r.Limits) > 0 {
		limits = "limits " + strings.Join(r.Limits, ", ")
	}
	if r.Network == "none" { // which the rung says, too
		return command + " will work here: " + strings.ReplaceAll(r.Rung, "loopback only", "no network but loopback") + ", " + limits
	}
	return command + " will work here: " + r.Rung + ", network " + r.Network + ", " + limits
}

// Host is what was found, as the ladder takes it.
func (f *Findings) Host() ladder.Host {
	u, c := &f.Users, &f.Cgroups
	h := ladder.Host{
		Kernel: f.Kernel.Release, Within: f.Within, Guards: f.Guards, IDs: u.Host, Network: f.Network.Facts, Landlock: f.Kernel.Landlock,
		Cgroups: ladder.Cgroups{Host: c.Host, Bus: c.Bus, Direct: c.Direct.err(), Delegated: c.Managed, Lingers: ladder.AnswerOf(c.Lingers)},
	}
	if f.Kernel.Exec != nil {
		h.Init = f.Kernel.Exec
	}
	if c.Bus != nil && c.Direct == nil {
		h.Cgroups.Delegated = c.Own
	}
	f.refusals(&h)
	if h.Init != nil || h.Guards.Errno != 0 || h.Guards.Powerless == ladder.Yes || h.Mapped != nil {
		return h // nothing else could be tried
	}
	h.Proc, h.Sys = ladder.AnswerOf(f.Files.Proc == nil), ladder.AnswerOf(f.Files.Sys == nil)
	h.Named, h.Keys = ladder.AnswerOf(!f.Start.Unnamed), ladder.AnswerOf(!f.Start.NoKeys)
	h.CgroupNS = ladder.AnswerOf(u.Kinds["cgroup"] == nil || c.Host.Own == "/")
	h.Guarded, h.Opened, h.Runtime = ladder.AnswerOf(f.Files.CgroupSysctl == nil || !c.Owned), ladder.AnswerOf(f.Files.NetSysctls == nil), f.Dirs.Unusable
	if f.Network.Tap != nil && h.Network.Tun == nil {
		for _, m := range drivers {
			h.Failed = append(h.Failed, ladder.Failure{Mode: m, Err: f.Network.Tap})
		}
	}
	if r := f.Rootfs; r != nil && len(r.Missing) > 0 {
		h.MountPoints = ladder.AnswerOf(r.Writable || !r.ReadOnly && f.mapped(r.Owner))
	}
	return h
}

// refusals tells who refused namespaces or ids.
func (f *Findings) refusals(h *ladder.Host) {
	u, g := &f.Users, &h.Guards
	switch {
	case h.Init != nil: // no child could be started at all, or none becomes a container
	case u.Clone != nil && u.Clone.Doing == "clone":
		g.Errno = u.Clone.Errno
	case u.Clone != nil && u.Clone.Doing != wishes: // that is the ladder's to find out
		h.Mapped = u.Clone
	case u.Power != nil:
		g.Powerless = ladder.Yes
		if !g.Restricted() {
			g.Powerless, g.Errno = ladder.Unknown, u.Power.Errno
		}
	default:
		for _, k := range kinds {
			if refused := u.Kinds[k.name]; refused != nil && k.name != "cgroup" && g.Errno == 0 {
				g.Errno = refused.Errno
			}
		}
		if u.Range != nil && u.Range.Err == nil {
			h.Mapped = u.Range
		} else if u.Range != nil {
			h.Helper = u.Range.Err
		}
	}
}
