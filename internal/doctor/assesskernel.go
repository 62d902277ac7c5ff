package doctor

import (
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/ladder"
)

// newerKernel is what to do about a kernel without something.
const newerKernel = "install a newer one"

// kernel is about its age and its system calls.
func (s *subject) kernel() (list []Check) {
	const name = "kernel"
	k := &s.Kernel
	var missing, refused []string
	for _, c := range k.Calls {
		switch {
		case c.Name == "clone3": // urun does without; engines hide it so that programs do, too
		case c.Missing:
			missing = append(missing, c.Name)
		case c.Refused:
			refused = append(refused, c.Name)
		}
	}
	for _, a := range s.plain.Attempts {
		if a.Property == ladder.Namespaces && strings.HasPrefix(a.Cause, "this kernel is Linux") {
			return []Check{lost(name, Blocked, a)}
		}
	}
	const means = "urun cannot start anything"
	open := s.openFilter()
	switch {
	case len(missing) > 0 && s.Guards.Seccomp:
		return []Check{{name, Blocked, "a seccomp filter hides " + strings.Join(missing, ", "), means, open, s.outer(), ""}}
	case len(missing) > 0:
		return []Check{{name, Blocked, "Linux " + k.Release + " has no " + strings.Join(missing, ", "), means, newerKernel, ladder.Administrator, ""}}
	case len(refused) > 0:
		return []Check{{name, Blocked, "a seccomp filter refuses " + strings.Join(refused, ", "), means, open, s.outer(), ""}}
	case k.Killed != nil && k.Exec == nil:
		return []Check{{name, Degraded, "a child that tried the system calls: " + k.Killed.Error(), "urun may not start anything", open, s.outer(), ""}}
	}
	found := "Linux " + k.Release + " with every system call that urun uses"
	if i := slices.IndexFunc(k.Calls, func(c Call) bool { return c.Name == "clone3" && c.Missing }); i >= 0 && s.Guards.Seccomp {
		found += "; a seccomp filter hides clone3, which it does not use"
	}
	return append(list, fine(name, found))
}

// openFilter is what opens the seccomp filter around urun.
func (s *subject) openFilter() string {
	switch s.Within {
	case "urun":
		return "write --nested"
	case "docker", "podman":
		return "pass --security-opt seccomp=unconfined, or use a newer engine"
	}
	return "take the filter off (docker: --security-opt seccomp=unconfined; systemd: SystemCallFilter=)"
}

// namespaces is about user namespaces and those that are made in them.
func (s *subject) namespaces() (list []Check) {
	const name = "namespaces"
	for _, a := range s.plain.Attempts {
		if a.Property == ladder.Namespaces && !strings.HasPrefix(a.Cause, "this kernel is Linux") {
			list = append(list, lost(name, Blocked, a))
		}
	}
	if list != nil {
		return list
	}
	for _, l := range all(s.plain.Lost, ladder.CgroupNS) {
		list = append(list, lost(name, Degraded, l))
	}
	if s.Users.Clone != nil { // ids are to be told of
		return list
	}
	if list == nil {
		list = []Check{fine(name, "user, mnt, pid, uts, ipc, net and cgroup can be made, with power in them")}
	}
	return list
}

// appArmor is about the module that takes power from user namespaces.
func (s *subject) appArmor() []Check {
	const restricts = "kernel.apparmor_restrict_unprivileged_userns"
	switch {
	case s.Guards.Sysctls[restricts] == "1" && s.host.Guards.Powerless == ladder.Yes: // told above
		return nil
	case s.Guards.Sysctls[restricts] == "1":
		return []Check{fine("apparmor", "restricts user namespaces ("+restricts+"=1), but not urun's")}
	case strings.Contains(s.Guards.Label, " ("):
		return []Check{fine("apparmor", "confines this as "+s.Guards.Label)}
	}
	return nil
}

// confinement is about what a container's own confinement needs.
func (s *subject) confinement() (list []Check) {
	for _, a := range all(s.plain.Attempts, ladder.Init) {
		list = append(list, lost("init", Blocked, a))
	}
	if s.Kernel.Exec == nil {
		list = append(list, fine("init", "a file in memory can be executed"))
	}
	switch {
	case s.Kernel.Filter != nil && s.Kernel.Exec == nil:
		list = append(list, Check{"seccomp", Blocked, "no filter of system calls can be put in place: " + s.Kernel.Filter.Error(), "urun starts nothing without its filter",
			"install a kernel with CONFIG_SECCOMP_FILTER", ladder.Administrator, "--seccomp unconfined has no filter"})
	case s.Kernel.Filter == nil && s.Guards.Seccomp:
		list = append(list, fine("seccomp", "filters can be put in place; one is in force around this"))
	case s.Kernel.Filter == nil:
		list = append(list, fine("seccomp", "filters can be put in place"))
	}
	if l := all(s.more.Lost, ladder.Landlock); len(l) > 0 {
		return append(list, lost("landlock", Degraded, l[0]))
	}
	return append(list, fine("landlock", "ABI "+itoa(s.Kernel.Landlock.ABI)+", for containers that cannot write their root"))
}

// outer is who can give more to what runs here.
func (s *subject) outer() ladder.Who {
	if s.Within == "" {
		return ladder.Starter
	}
	return ladder.Outer
}

// rehearsal is about a start as a whole.
func (s *subject) rehearsal() (list []Check) {
	switch failed := s.Start.Failed; {
	case !s.tried() || s.Kernel.Exec != nil || s.Kernel.Filter != nil: // told of
		return nil
	case failed != nil && s.Guards.Seccomp:
		return []Check{{"start", Blocked, "a seccomp filter is in force, and the rehearsal of a start fails: " + failed.Error(), "a start fails there, too", s.openFilter(), s.outer(), ""}}
	case failed != nil:
		return []Check{{"start", Blocked, "the rehearsal of a start: " + failed.Error(), "a start fails there, too", "", "", ""}}
	}
	list = []Check{fine("start", "was rehearsed without a rootfs, with every kind of system call that one makes")}
	for _, l := range all(s.plain.Lost, ladder.Hostname) {
		c := lost("hostname", Degraded, l)
		c.Found = "sethostname: " + c.Found
		list = append(list, c)
	}
	for _, l := range all(s.plain.Lost, ladder.Keyring) {
		list = append(list, lost("keyring", Degraded, l))
	}
	return list
}
