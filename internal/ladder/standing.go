package ladder

import (
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// Standing is where a command stands on a machine.
type Standing struct {
	IDs     userns.Choice  // the id maps
	Drivers []network.Mode // of the network, to be tried in this order
	Limits  string         // who makes the cgroup: systemd, cgroupfs or none

	Lost []Loss // in the order of the properties; no two lines are the same

	// Attempts are everything that was tried where nothing works. Each has to be mended,
	// unless it says otherwise.
	Attempts []Loss
	// Err is a wish that cannot be met, where asking for something else would help.
	Err error
}

// Works tells whether the command runs.
func (s Standing) Works() bool { return s.Refusal() == nil }

// Refusal is why it does not.
func (s Standing) Refusal() error {
	if len(s.Attempts) > 0 {
		return &NothingError{Attempts: s.Attempts}
	}
	return s.Err
}

// Nothing is the rung on which nothing runs.
const Nothing = "nothing"

// lower are the words for a rung on which a property is missing.
var lower = []struct {
	of   Property
	rung string
}{
	{Proc, "shared /proc"}, {Sys, "shared /sys"}, {CgroupNS, "no cgroup namespace"}, {CgroupGuard, "cgroup not guarded"}, {Network, "loopback only"}, {Driver, "lower driver"}, {Names, "no names"}, {Ports, "low ports root's"},
	{Swap, "no limit on swap"}, {Scope, "no scope"}, {Linger, "ends at logout"}, {MountPoints, "root read-only"}, {Writing, "partly read-only"}, {Writes, "writes in memory"}, {Shared, "image copied"}, {Records, "recorded elsewhere"}, {Hostname, "the outer host name"}, {Keyring, "shared keyring"}, {Landlock, "no Landlock"},
}

// Rung is where the command stands, in words: how its ids came about and what it has to do without.
func (s Standing) Rung() string {
	if !s.Works() {
		return Nothing
	}
	return Rung(s.IDs.Rung, s.Lost)
}

// Rung is the words for a way to have ids and what was lost.
func Rung(ids string, lost []Loss) string {
	words := []string{ids}
	if ids == "" {
		words = nil
	}
	for _, l := range lower {
		if slices.ContainsFunc(lost, func(x Loss) bool { return x.Property == l.of }) {
			words = append(words, l.rung)
		}
	}
	return strings.Join(words, ", ")
}

// NothingError tells that nothing works, with every attempt.
type NothingError struct {
	Attempts []Loss
	Err      error // what the last of them gave, or nil
}

func (e *NothingError) Unwrap() error { return e.Err }

func (e *NothingError) Error() string {
	lines := make([]string, len(e.Attempts))
	for i, a := range e.Attempts {
		lines[i] = a.String()
	}
	return strings.Join(lines, "; also: ")
}

// LostError tells what is lost where nothing may be: --strict.
type LostError struct{ Lost []Loss }

func (e *LostError) Error() string {
	lines := make([]string, len(e.Lost))
	for i, l := range e.Lost {
		lines[i] = l.String()
	}
	return "--strict: " + strings.Join(lines, "; also: ")
}
