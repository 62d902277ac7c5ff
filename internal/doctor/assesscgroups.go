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
		list = append(list, Check{"cgroups", Degraded, "no cgroup v2 hierarchy is mounted", noLimits, "mount it at /sys/fs/cgroup", ladder.Starter, ulimit})
	case len(c.Host.V1) > 0:
		list = append(list, s.v1())
	default:
		list = append(list, fine("cgroups", "version 2 at "+c.Host.Mount))
	}
	list = append(list, s.systemd())
	if len(c.Host.V1) > 0 || c.Host.Mount == "" {
		return list
	}
	if limits := s.undelegated(); limits != nil {
		list = append(list, limits...)
	} else {
		by := "your systemd"
		if c.Bus != nil {
			by = "cgroups below " + c.Dir
		}
		list = append(list, fine("limits", strings.Join(s.limits(), ", ")+", by "+by))
	}
	if l := all(s.more.Lost, ladder.Linger); len(l) > 0 {
		return append(list, lost("linger", Degraded, l[0]))
	}
	if c.Bus == nil {
		return append(list, fine("linger", "containers in the background go on when you log out"))
	}
	return list
}

const (
	noLimits = "-m, --cpus, --pids-limit and the other limits are refused, and so is urun pause"
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

// undelegated are the limits that cannot be had, those with one remedy as one.
func (s *subject) undelegated() (list []Check) {
	for _, l := range all(s.more.Attempts, ladder.Limits) {
		if s.Cgroups.Bus != nil && strings.HasPrefix(l.Lost, "no cgroup from") {
			continue // told of as systemd
		}
		c := lost("limits", Degraded, l)
		if c.Meanwhile == "" {
			c.Meanwhile = ulimit
		}
		last := len(list) - 1
		if last >= 0 && list[last].Fix == c.Fix && list[last].Found == c.Found {
			list[last].Means += ", " + c.Means
			continue
		}
		list = append(list, c)
	}
	return list
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
