package ocispec

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// rlimitNames are the limits of getrlimit(2) without RLIMIT_, in lower case.
var rlimitNames = []string{"as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
	"rtprio", "rttime", "sigpending", "stack"}

// rlimits reads a list of NAME=SOFT[:HARD]. The last of two for one limit wins: the runtime specification allows one.
func rlimits(flags []string) ([]specs.POSIXRlimit, error) {
	var limits []specs.POSIXRlimit
	for _, value := range flags {
		limit, why := rlimit(value)
		if why != "" {
			return nil, bad("--ulimit", value, why)
		}
		limits = slices.DeleteFunc(limits, func(l specs.POSIXRlimit) bool { return l.Type == limit.Type })
		limits = append(limits, limit)
	}
	return limits, nil
}

func rlimit(value string) (limit specs.POSIXRlimit, why string) {
	name, numbers, ok := strings.Cut(value, "=")
	short := strings.TrimPrefix(strings.ToLower(name), "rlimit_")
	switch {
	case !ok:
		return limit, "write NAME=SOFT[:HARD], such as nofile=1024:4096"
	case !slices.Contains(rlimitNames, short):
		return limit, "no such limit; there is " + strings.Join(rlimitNames, ", ")
	}
	limit.Type = "RLIMIT_" + strings.ToUpper(short)
	soft, hard, both := strings.Cut(numbers, ":")
	if !both {
		hard = soft
	}
	var okSoft, okHard bool
	limit.Soft, okSoft = limitValue(soft)
	limit.Hard, okHard = limitValue(hard)
	switch {
	case !okSoft || !okHard:
		return limit, "a limit is a number, or unlimited"
	case limit.Soft > limit.Hard:
		return limit, "the soft limit is above the hard one"
	}
	return limit, ""
}

// noCore adds that there are no core dumps, unless the flags say how large they may be: one has the memory of a process in it, and
// the host's core_pattern decides where it goes.
func noCore(limits []specs.POSIXRlimit) []specs.POSIXRlimit {
	if slices.ContainsFunc(limits, func(l specs.POSIXRlimit) bool { return l.Type == "RLIMIT_CORE" }) {
		return limits
	}
	return append(limits, specs.POSIXRlimit{Type: "RLIMIT_CORE"})
}

func limitValue(s string) (uint64, bool) {
	if s == "-1" || s == "unlimited" {
		return math.MaxUint64, true // RLIM_INFINITY
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// Ulimits are the limits that --ulimit takes, as its value begins with them.
func Ulimits() []string {
	var names []string
	for _, name := range rlimitNames {
		names = append(names, name+"=")
	}
	return names
}
