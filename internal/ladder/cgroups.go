package ladder

import (
	"slices"
	"strings"

	"github.com/urun-project/urun/cgroup2"
)

// cgroups tells who makes the container's cgroup, and what it will not have.
func (s *Standing) cgroups(h Host, w Wish) {
	c := h.Cgroups
	s.Limits = "none"
	wanted := cgroup2.Controllers(w.Limits)
	switch {
	case w.Manager == "none", len(w.Limits) == 0 && !w.Detached:
	case c.Bus == nil && w.Manager != "cgroupfs":
		s.Limits = "systemd"
	case c.Direct == nil && w.Manager != "systemd" && len(w.Limits) > 0:
		s.Limits = "cgroupfs"
	case len(w.Limits) > 0:
		s.Attempts = append(s.Attempts, nowhere(c, w)...)
	}
	if len(w.Limits) > 0 {
		if v1 := c.V1Holds(wanted); len(v1) > 0 {
			s.Attempts = append(s.Attempts, Loss{Limits, "there can be no limits", "cgroup v1 has the controllers " + strings.Join(v1, ", ") + ", and no part of that can be given to a user",
				"boot with systemd.unified_cgroup_hierarchy=1", Administrator, "--ulimit limits each process alone"})
		}
	}
	for _, name := range wanted {
		if c.Delegated != nil && !slices.Contains(c.Delegated, name) {
			s.Attempts = append(s.Attempts, undelegated(name, c.Delegated))
		}
	}
	for _, l := range w.Limits {
		if slices.Contains(c.Lacks, l.File) && l.Implied {
			s.lose(Loss{Swap, "swap is not limited", "this kernel has no " + l.File, "boot with swapaccount=1, or install one that counts swap", Administrator, ""})
		}
	}
	if c.Scope != nil {
		s.Limits = "none"
		s.lose(Loss{Scope, "the container has no scope of systemd's, which would end it with your session", oneLine(c.Scope), "", "", ""})
	}
	if w.Detached && s.Limits == "systemd" && c.Lingers == No {
		s.lose(Loss{Linger, "logout ends this container", "your systemd ends then", "have it stay with loginctl enable-linger", You, ""})
	}
}

// nowhere is every way to a cgroup that was tried.
func nowhere(c Cgroups, w Wish) (list []Loss) {
	if c.Bus != nil && w.Manager != "cgroupfs" {
		l := Loss{Limits, "no cgroup from the user's systemd, and limits need one", oneLine(c.Bus), "", "", ""}
		if c.Booted {
			l.Fix, l.Who = "log in with a session of systemd's (ssh, a desktop, machinectl shell; su and sudo give none), or have an administrator run loginctl enable-linger", You
		}
		list = append(list, l)
	}
	if c.Direct != nil && w.Manager != "systemd" {
		list = append(list, Loss{Limits, "no cgroup made by hand", oneLine(c.Direct), "delegate one (a service with Delegate=yes, say)", Starter, ""})
	}
	return list
}

// NoLimitsBy is what a loss begins with that is of one controller, whose name follows.
const NoLimitsBy = "no limits by the controller "

// undelegated is a controller that systemd keeps from its users.
func undelegated(name string, have []string) Loss {
	want := slices.Concat([]string{"cpu", "cpuset", "io", "memory", "pids"}, have, []string{name})
	slices.Sort(want)
	there := "none"
	if len(have) > 0 {
		there = strings.Join(have, ", ")
	}
	return Loss{Limits, NoLimitsBy + name, "it is not delegated to you (there is: " + there + ")",
		`delegate it: mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\nDelegate=` + strings.Join(slices.Compact(want), " ") +
			`\n' >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload; it counts once your systemd is started anew`, Administrator, ""}
}
