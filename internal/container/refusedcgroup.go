package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/state"
)

// v1Error tells that limits cannot be had where cgroup v1 has their controllers, or
// where no cgroups are mounted at all.
type v1Error struct{ controllers []string }

func (e *v1Error) Error() string {
	if len(e.controllers) == 0 {
		return "no cgroup v2 hierarchy is mounted"
	}
	return "cgroup v1 has the controllers " + strings.Join(e.controllers, ", ")
}

// noCgroupError tells that nobody could make a cgroup.
type noCgroupError struct {
	asked  string
	parent string // the place that was named
	booted bool   // process 1 is a systemd
	bus    error
	dirs   *cgroup2.PlaceError // nil when none was tried
}

func (e *noCgroupError) Error() string { return "no cgroup can be had" }

func (e *noCgroupError) Unwrap() []error {
	var list []error
	if e.bus != nil {
		list = append(list, e.bus)
	}
	if e.dirs != nil {
		list = append(list, e.dirs)
	}
	return list
}

// starvedError tells that the start itself ran into the limit on memory.
type starvedError struct{ settings []cgroup2.Setting }

func (e *starvedError) Error() string { return "killed for memory" }

// explainCgroup is the sentence for a failure around cgroups; "" for any other.
func explainCgroup(err error) string {
	var (
		v1      *v1Error
		nowhere *noCgroupError
		starved *starvedError
		missing *cgroup2.MissingError
		offline *cgroup2.OfflineError
		unit    *cgroup2.TakenError
		name    *state.TakenError
		unknown *state.NotFoundError
		call    *cgroup2.CallError
		dial    *cgroup2.DialError
	)
	switch {
	case errors.As(err, &v1):
		return v1.explain()
	case errors.As(err, &nowhere):
		return nowhere.explain()
	case errors.As(err, &starved):
		return "the kernel killed the container's first process for memory before the command ran; the limit (" + limitOf(starved.settings) + ") is too small for a start; raise it with --memory"
	case errors.As(err, &missing):
		return explainMissing(missing)
	case errors.As(err, &offline):
		return flagOf[offline.File] + " " + strconv.Quote(offline.Value) + ": this machine has no number " + offline.Missing.String() + "; there is " + offline.Online.String()
	case errors.As(err, &name) && name.Ended:
		return fmt.Sprintf("a container of the name %s has ended and is kept; remove it (urun rm %s), write --replace, or choose another --name", quote(name.Name), name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("a container of the name %s is running; end it (urun rm --force %s), write --replace, or choose another --name", quote(name.Name), name.Name)
	case errors.As(err, &unit):
		return explainTaken(unit)
	case errors.As(err, &unknown):
		return unknown.Error() + others(unknown.Others)
	case errors.As(err, &call):
		return "systemd did not make the container's cgroup: " + call.Error() + busHint(err)
	case errors.As(err, &dial):
		return dial.Error() + busHint(err)
	}
	return ""
}

func explainTaken(e *cgroup2.TakenError) string {
	if strings.HasSuffix(e.Name, ".scope") {
		return "systemd has a unit " + e.Name + " already: choose another --name, or end it (systemctl --user stop " + e.Name + ")"
	}
	return "the cgroup " + e.Name + " exists and is in use: choose another --name"
}

func others(names []string) string {
	if len(names) == 0 {
		return "; there is none at all"
	}
	return "; there are " + strings.Join(names, ", ")
}

func busHint(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNoAnswer) {
		return "; look at systemctl --user status, try again, or write --cgroup cgroupfs where a cgroup is delegated to you"
	}
	return ""
}

// errUnmounted tells of a container around urun that was given no cgroups. How the machine was booted has no part in that.
var errUnmounted = errors.New("no cgroups are mounted here, as in a container that was given none, so this one cannot be limited, paused or counted; " +
	"whoever started the one around it can give that a cgroup to write (urun: a limit and --cgroup-writable); --ulimit limits each process alone")

func (e *v1Error) explain() string {
	if len(e.controllers) == 0 {
		return "this machine has no cgroup v2, so a container cannot be limited, paused or counted here; an administrator can boot with systemd.unified_cgroup_hierarchy=1; --ulimit limits each process alone"
	}
	return "this machine cannot limit " + words(e.controllers) + " for you: it mounts " + strings.Join(e.controllers, ", ") +
		" as cgroup v1, and no part of that can be given to a user; an administrator can boot with systemd.unified_cgroup_hierarchy=1; --ulimit limits each process alone"
}

// words are what controllers limit.
func words(controllers []string) string {
	name := map[string]string{"cpu": "CPU time", "cpuset": "CPUs", "io": "block devices", "memory": "memory", "pids": "processes"}
	list := make([]string, len(controllers))
	for i, c := range controllers {
		if list[i] = name[c]; list[i] == "" {
			list[i] = c
		}
	}
	return strings.Join(slices.Compact(list), ", ")
}

func (e *noCgroupError) explain() string {
	var b strings.Builder
	b.WriteString("no cgroup can be had, and limits need one")
	if e.asked != auto {
		b.WriteString(" (--cgroup " + e.asked + ")")
	}
	if e.bus != nil {
		b.WriteString("; tried the user's systemd: " + strings.TrimPrefix(e.bus.Error(), "connect to the user bus: "))
	}
	if e.dirs != nil {
		b.WriteString("; tried to make one: " + strings.TrimPrefix(e.dirs.Error(), "make a cgroup: "))
	}
	if e.asked != cgroupfs && e.booted {
		b.WriteString("; log in with a session of systemd's (ssh, a desktop, machinectl shell; su and sudo give none), or have an administrator run loginctl enable-linger " + strconv.Itoa(os.Getuid()))
	}
	if e.asked == systemd && !e.booted {
		b.WriteString("; process 1 here is no systemd: write --cgroup cgroupfs where a cgroup is delegated to you")
	}
	if e.asked != systemd && e.parent == "" {
		b.WriteString("; have a cgroup delegated (a service with Delegate=yes, say) and start urun in it")
	}
	return b.String()
}

// flagOf is the flag that asks for a file.
var flagOf = map[string]string{
	"memory.max": "--memory", "memory.low": "--memory-reservation", "memory.swap.max": "--memory-swap", "memory.oom.group": "--oom-group",
	"cpu.max": "--cpus", "cpu.weight": "--cpu-weight", "cpuset.cpus": "--cpuset-cpus", "cpuset.mems": "--cpuset-mems", "pids.max": "--pids-limit",
	"io.weight": "--io-weight", "io.max": "--device-read-bps and its like",
}

// asks names a setting by its flag.
func asks(s cgroup2.Setting) string {
	if flag := flagOf[s.File]; flag != "" {
		return flag + " (" + s.String() + ")"
	}
	return s.String()
}

func explainMissing(e *cgroup2.MissingError) string {
	c := e.Controller()
	switch {
	case e.Undelegated():
		// Those that systemd can delegate and that are useful, with what there is now.
		want := slices.Concat([]string{"cpu", "cpuset", "io", "memory", "pids"}, e.Delegated, []string{c})
		slices.Sort(want)
		have := "none"
		if len(e.Delegated) > 0 {
			have = strings.Join(e.Delegated, ", ")
		}
		return asks(e.Setting) + " cannot be had: the controller " + c + " is not delegated to you (there is: " + have + "); an administrator can delegate it: " +
			`mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\nDelegate=` + strings.Join(slices.Compact(want), " ") +
			`\n' >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload; it counts once your systemd is started anew (log out of all sessions, or systemctl restart user@` + strconv.Itoa(os.Getuid()) + `)`
	case e.Err != nil:
		return asks(e.Setting) + " is refused by the kernel: " + cause(e.Err) + "; choose another value"
	case e.Have == "":
		return asks(e.Setting) + " cannot be had: this kernel has no file " + e.File + "; leave the flag out"
	}
	return asks(e.Setting) + " did not arrive: the kernel has " + strconv.Quote(e.Have) + " in " + e.File + "; choose a value that it takes as it is"
}

// starved is the line about processes that were killed for memory.
func starved(n uint64, limit string) string {
	line := "the kernel killed a process of the container for memory"
	if n > 1 {
		line = fmt.Sprintf("the kernel killed %d processes of the container for memory", n)
	}
	return line + ", of which it may have " + limit + " (--memory)"
}

// limitOf is the limit on memory as it was written.
func limitOf(settings []cgroup2.Setting) string {
	for _, s := range settings {
		if s.File == "memory.max" {
			return sizeOf(s)
		}
	}
	return sizeOf(cgroup2.Setting{})
}

// limit is the one on memory as it was at the end, where that is known.
func (p *placement) limit() string {
	if p.memory != "" {
		return sizeOf(cgroup2.Setting{Value: p.memory})
	}
	return limitOf(p.request.Settings)
}

func sizeOf(s cgroup2.Setting) string {
	if n, ok := s.Number(); ok {
		return Bytes(n)
	}
	return "no limit of its own"
}

// Bytes is a number of bytes for people: powers of 1024, as the flags take them.
func Bytes(n uint64) string {
	const units = "KMGTP"
	if n < 1024 {
		return strconv.FormatUint(n, 10) + " B"
	}
	f, u := float64(n)/1024, 0
	for f >= 1024 && u < len(units)-1 {
		f, u = f/1024, u+1
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + " " + units[u:u+1] + "iB"
}
