package main

import "strings"

// shares are each peer's rates over the host's own: the same way over the wire, and its loopback.
func shares(list []series) []ratio {
	var shares []ratio
	over := func(m []float64) float64 { return m[0] / m[1] }
	for _, s := range list {
		if len(s.Values) == 0 {
			continue
		}
		for _, way := range []string{s.Way, loopback} {
			if base, ok := find(list, "host", way); ok && (s.Name != "host" || s.Way != way) {
				at, low, high := estimate(over, s, base)
				to := "host, the same way"
				if way == loopback {
					to = "host, " + loopback
				}
				shares = append(shares, ratio{s.Way, s.Name, to, at, low, high})
			}
		}
	}
	return shares
}

// best compares the fastest of urun's drivers in each way with the fastest of podman's and of rootlesskit's.
func best(list []series) []ratio {
	fastest := func(tool, way string) (top series) {
		for _, s := range list {
			if s.Way == way && strings.HasPrefix(s.Name, tool+" ") && len(s.Values) > 0 && s.Median > top.Median {
				top = s
			}
		}
		return top
	}
	var ratios []ratio
	for _, way := range ways() {
		for _, tool := range []string{"podman", "rootlesskit"} {
			of, to := fastest("urun", way), fastest(tool, way)
			if of.Median > 0 && to.Median > 0 {
				at, low, high := estimate(func(m []float64) float64 { return m[0] / m[1] }, of, to)
				ratios = append(ratios, ratio{way, of.Name, to.Name, at, low, high})
			}
		}
	}
	return ratios
}
