package doctor

import (
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/ladder"
)

// cgroups is about limits and about what ends a container in the background.
func (s *subject) cgroups() (list []Check) {
	c := &s.Cgroups
	switch {
	case c.Err != nil:
		return []Check{{"cgroups", Degraded, c.Err.Error(), noLimits, "", "", ulimit}}
	case c.Host.Mount == "" && len(c.Host.V1) == 0:
		list = append(list, Check{"cgroups", Degraded, "no cgroup v2 hierarchy is mounted", noLimits, "mount it at /sys/fs/cgroup", s.outer(), ulimit})
	case len(c.Host.V1) > 0:
		list = append(list, s.v1())
	default:
		list = append(list, fine("cgroups", "version 2 at "+c.Host.Mount))
	}
	list = append(list, s.systemd())
	if len(c.Host.V1) == 0 && c.Host.Mount != "" && (c.Bus == nil || s.Kernel.Exec == nil) { // or no child could be put anywhere
		list = append(list, s.controllers()...)
	}
	if l := all(s.more.Lost, ladder.Linger); len(l) > 0 {
		c := lost("linger", Degraded, l[0])
		c.Found, c.Means, c.Meanwhile = "your systemd ends when you log out", "containers in the background end then, too", "those in the foreground are in your session anyway"
		return append(list, c)
	}
	if c.Bus == nil {
		return append(list, fine("linger", "containers in the background go on when you log out"))
	}
	return list
}

// controllers is about the limits that can be had.
func (s *subject) controllers() []Check {
	if limits := s.undelegated(); limits != nil {
		return limits
	}
	by := "your systemd"
	if s.Cgroups.Bus != nil {
		by = "cgroups below " + s.Cgroups.Dir
	}
	return []Check{fine("limits", strings.Join(s.limits(), ", ")+", by "+by)}
}

const (
	noLimits = "-m, --cpus, --pids-limit and the other limits are refused"
	ulimit   = "--ulimit limits each process alone; without a limit everything works"
)

// v1 is about controllers that cannot be given to a user.
func (s *subject) v1() Check {
	for _, l := range all(s.more.Attempts, ladder.Limits) {
		if strings.HasPrefix(l.Cause, "cgroup v1") {
			c := lost("cgroups", Degraded, l)
			c.Means, c.Meanwhile = noLimits, ulimit
			return c
		}
	}
	return fine("cgroups", "version 2 at "+s.Cgroups.Host.Mount+", but for "+strings.Join(s.Cgroups.Host.V1, ", "))
}

// systemd is about the caller's service manager.
func (s *subject) systemd() Check {
	const name = "systemd"
	c := &s.Cgroups
	if c.Bus == nil {
		return fine(name, "version "+c.Version+" answers at your bus")
	}
	check := Check{Name: name, State: Degraded, Found: oneLine(c.Bus.Error()), Means: "limits need a cgroup that is delegated to you, and a container in the background has no scope",
		Meanwhile: "without a limit everything works"}
	if !c.Host.Booted {
		check.Found = "there is no systemd here; " + check.Found
		return check
	}
	check.Fix, check.Who = "log in with a session of systemd's (ssh, a desktop, machinectl shell; su and sudo give none), or have an administrator run loginctl enable-linger "+s.user(), ladder.You
	return check
}

// flagsOf are those that a controller is needed for.
func flagsOf(controller string) string {
	switch controller {
	case "memory":
		return "-m"
	case "pids":
		return "--pids-limit"
	case "cpu":
		return "--cpus and --cpu-weight"
	case "cpuset":
		return "--cpuset-cpus and --cpuset-mems"
	case "io":
		return "--io-weight and the limits on block devices"
	}
	return controller
}

// undelegated are the limits that cannot be had: the controllers that are missing as one, because one remedy is for all.
func (s *subject) undelegated() (list []Check) {
	var missing, refused []string
	var remedy ladder.Loss
	for _, l := range all(s.more.Attempts, ladder.Limits) {
		name, of := strings.CutPrefix(l.Lost, ladder.NoLimitsBy)
		switch {
		case of:
			missing, refused, remedy = append(missing, name), append(refused, flagsOf(name)), l
		case s.Cgroups.Bus != nil && strings.HasPrefix(l.Lost, "no cgroup from"): // told of as systemd
		default:
			c := lost("limits", Degraded, l)
			c.Means, c.Meanwhile = noLimits, ulimit
			list = append(list, c)
		}
	}
	if missing == nil || list != nil {
		return list
	}
	_, there, _ := strings.Cut(remedy.Cause, " (")
	c := lost("limits", Degraded, remedy)
	c.Found = strings.Join(missing, ", ") + ": not delegated to you (" + there
	c.Means, c.Meanwhile = strings.Join(refused, ", ")+" are refused", "the other limits work"
	if s.Cgroups.Bus != nil {
		c.Fix, c.Who = "delegate them, too (Delegate= of a service, or cgroup.subtree_control of the cgroup above)", ladder.Starter
	}
	return []Check{c}
}

// limits are the controllers that can be used.
func (s *subject) limits() []string {
	have := []string{}
	c := &s.Cgroups
	if c.Host.Mount == "" || c.Bus != nil && c.Direct != nil {
		return have
	}
	for _, l := range controllersOf {
		name := l.Controller()
		if slices.Contains(s.host.Cgroups.Delegated, name) && len(c.Host.V1Holds([]string{name})) == 0 {
			have = append(have, name)
		}
	}
	return have
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
