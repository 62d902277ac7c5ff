package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func printLeftOut(list []leftOut) {
	for _, l := range list {
		fmt.Printf("left out: %s: %s\n", l.Name, l.Why)
	}
}

func printTimes(what string, list []series) {
	fmt.Printf("\n%s, milliseconds\n%-44s %6s %8s %8s %8s %6s\n", what, "", "runs", "median", "quartile", "quartile", "failed")
	for _, s := range list {
		fmt.Printf("%-44s %6d %8.2f %8.2f %8.2f %6d\n", s.Name, len(s.Values), s.Median, quantile(s.Values, 0.25), quantile(s.Values, 0.75), s.Failed)
	}
}

func printAdds(list []difference) {
	fmt.Printf("\nwhat the network adds to a start, milliseconds (in brackets: 95 %% of bootstrap samples)\n")
	for _, d := range list {
		fmt.Printf("%-44s %8.2f  [%.2f %.2f]\n", d.Of, d.Median, d.Low, d.High)
	}
}

func printRatios(what string, list []ratio) {
	fmt.Printf("\n%s\n", what)
	for _, q := range list {
		fmt.Printf("%-12s %-43s / %-43s %6.2f  [%.2f %.2f]\n", q.What, q.Of, q.To, q.Ratio, q.Low, q.High)
	}
}

// printThroughput has a line a peer: the rate in each way, and its share of the host's own rate and of its loopback.
func printThroughput(list []series, shares []ratio) {
	base, _ := find(list, "host", loopback)
	fmt.Printf("\nthroughput, Gbit/s (%% of the host's own in the same way, %% of its loopback, which is %.2f)\n%-44s", base.Median, "")
	for _, way := range ways() {
		fmt.Printf(" %-19s", way)
	}
	fmt.Println()
	share := func(way, of, to string) string {
		for _, q := range shares {
			if q.What == way && q.Of == of && strings.HasSuffix(q.To, to) {
				return fmt.Sprintf("%.0f%%", 100*q.Ratio)
			}
		}
		return "-"
	}
	var done []string
	for _, s := range list {
		if slices.Contains(done, s.Name) {
			continue
		}
		done = append(done, s.Name)
		line := fmt.Sprintf("%-44s", s.Name)
		for _, way := range ways() {
			cell := "-"
			if v, ok := find(list, s.Name, way); ok {
				cell = fmt.Sprintf("%.2f (%s, %s)", v.Median, share(way, s.Name, "the same way"), share(way, s.Name, loopback))
			}
			line += fmt.Sprintf(" %-19s", cell)
		}
		fmt.Println(strings.TrimRight(line, " "))
	}
}

func printMemory(list []memory) {
	fmt.Printf("\nPSS of the helpers and of all processes of the tool, kB: with a port published, while the world sends to it, while the container sends\n")
	for _, m := range list {
		fmt.Printf("%-44s %7d/%-7d %7d/%-7d %7d/%-7d", m.Name, m.Idle.Helpers, m.Idle.Total, m.In.Helpers, m.In.Total, m.Out.Helpers, m.Out.Total)
		if m.Why != "" {
			fmt.Printf(" failed: %s", m.Why)
		}
		fmt.Printf(" idle: %s\n", strings.Join(m.Idle.Processes, ", "))
	}
}

func printLeftBehind(found map[string]int) {
	if len(found) > 0 {
		fmt.Printf("\nprocesses that still ran a second after their tool, and were ended\n")
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		fmt.Printf("%6d %s\n", found[name], name)
	}
}
