package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The limits of all peers, and what is added to the names of those that have them.
const (
	memoryLimit = 100 << 20
	pidsLimit   = 20
	limited     = ", limits"
)

// settle is the pause before each run. After a run systemd removes its scope, which takes it some 20 ms of CPU time in
// an emulated machine, and would be paid by whoever comes next.
const settle = 100 * time.Millisecond

// showLimits is a line for the shell that prints the limits of the cgroup it is in, on the host and in a container.
const showLimits = "cd /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup) && cat memory.max pids.max"

// limitLines are what showLimits prints where the limits are in force.
func limitLines() []string {
	return []string{strconv.Itoa(memoryLimit), strconv.Itoa(pidsLimit)}
}

// limitsReport is what was measured with -limits. Times are in milliseconds.
type limitsReport struct {
	conditions
	Settle      float64      `json:"settle"`
	Starts      []start      `json:"starts"`
	LeftOut     []leftOut    `json:"left_out,omitempty"`
	Differences []difference `json:"differences"`
	Ratios      []ratio      `json:"ratios"`
}

// limits measures what limits add to a start: urun with and without them, others that ask the user's systemd for a scope,
// and systemd-run, which does nothing else.
func limits(o options) error {
	r := limitsReport{conditions: conditionsOf("limits", o, machine(o)), Settle: float64(settle) / float64(time.Millisecond)}
	if line := firstLine("systemd-run", "--version"); line != "" {
		r.Machine = append(r.Machine, "systemd-run: "+line)
	}
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	ready, out := usable(limitPeers(o))
	r.LeftOut = out
	for _, l := range out {
		if strings.HasPrefix(l.Name, "urun, one id") {
			return fmt.Errorf("%s: %s", l.Name, l.Why)
		}
	}
	for _, s := range measure(ready, o.runs, settle) {
		if s.Failed > 0 {
			fmt.Fprintf(os.Stderr, "bench: %s failed %d times of %d\n", s.Name, s.Failed, s.Failed+s.Runs)
		}
		if s.Runs > 0 { // without a run there is no median
			r.Starts = append(r.Starts, s)
		}
	}
	r.Differences, r.Ratios = weigh(r.Starts, adds, pairs)
	printStarts("start of /bin/true", r.Starts, r.LeftOut)
	printDifferences(r.Differences)
	printWeighed("ratios, net: less the start of true alone", r.Ratios)
	return keepResults(o, r)
}

// limitPeers are, but for true, in pairs: without limits and with them.
func limitPeers(o options) []peer {
	alone := []string{o.rootfs + "/bin/true"}
	shell := []string{o.rootfs + "/bin/sh", "-c", showLimits}
	scope := []string{"systemd-run", "--user", "--scope", "--quiet", "--collect", fmt.Sprint("-pMemoryMax=", memoryLimit), fmt.Sprint("-pTasksMax=", pidsLimit)}
	flags := []string{"-m", "100m", "--pids-limit", strconv.Itoa(pidsLimit)}
	list := []peer{
		{name: "true", argv: alone},
		{name: "systemd-run" + limited, argv: slices.Concat(scope, alone), says: slices.Concat(scope, shell), shows: limitLines()},
	}
	container := func(name, mapped string, with bool, argv ...string) {
		p := peer{name: name, mapped: mapped, argv: slices.Concat(argv, []string{"/bin/true"})}
		if p.says = slices.Concat(argv, []string{"/bin/echo", "ran"}); with {
			p.name, p.says, p.shows = name+limited, slices.Concat(argv, []string{"/bin/sh", "-c", showLimits}), limitLines()
		}
		list = append(list, p)
	}
	memory, pids := int64(memoryLimit), int64(pidsLimit)
	resources := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &memory}, Pids: &specs.LinuxPids{Limit: &pids}}
	for _, ids := range [][2]string{{"one id", "--userns=single"}, {"full range", "--userns=auto"}} {
		mapped, mode := ids[0], ids[1]
		container("urun, "+mapped, mapped, false, o.urun, mode, "--net=none", o.rootfs)
		container("urun, "+mapped, mapped, true, slices.Concat([]string{o.urun, mode, "--net=none"}, flags, []string{o.rootfs})...)
		list = append(list, ociPeer(o, "crun", mapped, nil), ociPeer(o, "crun", mapped, resources))
	}
	// The bus is named, because the runtime directory is not the user's; see peers.
	container("podman", "full range", true, slices.Concat([]string{"env", "XDG_RUNTIME_DIR=" + o.work, "DBUS_SESSION_BUS_ADDRESS=" + bus(),
		"podman", "--root", o.work + "/podman", "--runroot", o.work + "/podman-run", "--runtime", "crun", "--cgroup-manager", "systemd",
		"run", "--rm", "--network", "none", "--memory", "100m", "--pids-limit", strconv.Itoa(pidsLimit), "--rootfs", o.rootfs})...)
	list[len(list)-1].seldom = true
	return list
}

func bus() string {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	return fmt.Sprintf("unix:path=/run/user/%d/bus", os.Getuid())
}
