package main

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/container"
)

func mountBranch(m container.TreeMounts) branch {
	b := branch{text: "mounts"}
	root := branch{text: "/ " + m.Root.Type + " " + mode(m.Root.RW) + " from " + m.Root.Path}
	if len(m.Root.Layers) > 0 {
		root.text = "/ " + m.Root.Type + " " + mode(m.Root.RW) + ", the uppermost layer first"
		for _, layer := range m.Root.Layers {
			root.below = append(root.below, branch{text: layer})
		}
	}
	b.below = append(b.below, root)
	for _, v := range m.Volumes {
		b.below = append(b.below, branch{text: v.Destination + " " + mode(v.RW) + " from " + v.Source})
	}
	for _, group := range []struct {
		title string
		paths []string
	}{{"in memory: ", m.Tmpfs}, {"of the kernel: ", m.Kernel}, {"denied: ", m.Denied}} {
		if len(group.paths) > 0 {
			b.below = append(b.below, branch{text: group.title + strings.Join(group.paths, " ")})
		}
	}
	if m.Masked+m.ReadOnly > 0 {
		b.below = append(b.below, branch{text: fmt.Sprintf("of /proc and /sys %d paths are hidden, %d read-only", m.Masked, m.ReadOnly)})
	}
	return b
}

func mode(rw bool) string {
	if rw {
		return "rw"
	}
	return "ro"
}

func cgroupBranch(c container.TreeCgroup) branch {
	if c.Path == "" {
		return branch{text: "no cgroup of its own: no limits"}
	}
	b := branch{text: "cgroup " + c.Path}
	if c.Use == nil {
		return b
	}
	add := func(text string) { b.below = append(b.below, branch{text: text}) }
	add("memory " + sizeOf(c.Use.Memory) + limitOf(c.Use.MemoryLimit, sizeOf))
	add("processes and threads " + number(c.Use.Pids) + limitOf(c.Use.PidsLimit, number))
	add("CPU " + cpuOf(c.Use, c.CPUMax))
	return b
}

func limitOf(limit *uint64, word func(*uint64) string) string {
	if limit == nil {
		return ", no limit"
	}
	return " of " + word(limit)
}

// cpuOf is the CPU time used, and of cpu.max how many CPUs there may be.
func cpuOf(s *cgroup2.Stats, most string) string {
	used := unknown
	if s.CPUUsec != nil {
		used = fmt.Sprintf("%.1f s", float64(*s.CPUUsec)/1e6)
	}
	var quota, period float64
	if _, err := fmt.Sscanf(most, "%g %g", &quota, &period); err != nil || period <= 0 {
		return used + ", no limit"
	}
	return fmt.Sprintf("%s, at most %.3g at a time", used, quota/period)
}

func networkBranch(n container.InspectedNetwork) branch {
	words := []string{"network"}
	switch {
	case n.Driver == "container":
		words = append(words, "of "+n.Container[:min(12, len(n.Container))])
	case n.Driver != "":
		words = append(words, n.Driver)
	}
	for _, word := range []string{n.Device, n.IPAddress, n.GlobalIPv6Address} {
		if word != "" {
			words = append(words, word)
		}
	}
	b := branch{text: strings.Join(words, " ")}
	if n.Ended != "" {
		b.text += ", ended: " + n.Ended
	}
	for inside, list := range n.Ports {
		for _, p := range list {
			b.below = append(b.below, branch{text: net.JoinHostPort(p.HostIp, p.HostPort) + " -> " + inside})
		}
	}
	slices.SortFunc(b.below, func(a, b branch) int { return strings.Compare(a.text, b.text) })
	return b
}
