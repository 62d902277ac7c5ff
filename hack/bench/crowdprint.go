package main

import (
	"fmt"
	"slices"
	"strings"
)

const crowdColumn = 12

// printCrowds shows a line for each thing and a column for each crowd.
func printCrowds(list []crowd) {
	fmt.Printf("\nidle containers, started %d at a time; memory in kB for each container, times in milliseconds\n", atOnce)
	row := func(name string, value func(c crowd) string) {
		var line strings.Builder
		fmt.Fprintf(&line, "%-40s", name)
		for _, c := range list {
			cell := value(c)
			if c.Rate == 0 {
				cell = ""
			}
			fmt.Fprintf(&line, "%*s", crowdColumn, cell)
		}
		fmt.Println(strings.TrimRight(line.String(), " "))
	}
	number := func(name, format string, value func(c crowd) (float64, bool)) {
		row(name, func(c crowd) string {
			if v, ok := value(c); ok {
				return fmt.Sprintf(format, v)
			}
			return ""
		})
	}
	// The name of a crowd is that of the tool and its network.
	for i := range 2 {
		var line strings.Builder
		fmt.Fprintf(&line, "%-40s", "")
		for _, c := range list {
			words := strings.SplitN(c.Name+", ", ", ", 3)
			fmt.Fprintf(&line, "%*s", crowdColumn, words[i])
		}
		fmt.Println(strings.TrimRight(line.String(), " "))
	}
	row("containers", func(c crowd) string { return fmt.Sprint(c.N) })
	number("starts a second", "%.1f", func(c crowd) (float64, bool) { return c.Rate, true })
	for _, role := range roles {
		if !slices.ContainsFunc(list, func(c crowd) bool { return c.Memory[role].Processes > 0 }) {
			continue
		}
		of := func(part func(share) int) func(crowd) (float64, bool) {
			return func(c crowd) (float64, bool) {
				s, ok := c.Memory[role]
				return float64(part(s)) / float64(c.N), ok
			}
		}
		number(role+", private", "%.0f", of(func(s share) int { return s.Private }))
		number(role+", its part of what is shared", "%.0f", of(func(s share) int { return s.Shared }))
	}
	total := func(sum func(map[string]share) share) func(crowd) (float64, bool) {
		return func(c crowd) (float64, bool) {
			s := sum(c.Memory)
			return float64(s.Private+s.Shared) / float64(c.N), c.Memory != nil
		}
	}
	number("PSS of the tool's processes", "%.0f", total(own))
	number("PSS with the command's", "%.0f", total(func(all map[string]share) share { return own(all).plus(all["command"]) }))
	number("kernel: stacks, tables, objects", "%.0f", func(c crowd) (float64, bool) {
		return float64(c.Kernel) / float64(c.N), c.N >= 100 // with less it is what else the machine does
	})
	for _, verb := range verbs {
		number(verb, "%.1f", func(c crowd) (float64, bool) { v, ok := c.Verbs[verb]; return v, ok })
	}
	number("rm -fa of all", "%.0f", func(c crowd) (float64, bool) { return c.Remove, c.Remove > 0 })
	number("until the last process has ended", "%.0f", func(c crowd) (float64, bool) { return c.Gone, c.Gone > 0 })
	row("is left", func(c crowd) string {
		if c.Gone == 0 {
			return ""
		}
		return fmt.Sprint(len(c.Left))
	})
	for _, c := range list {
		if c.Why != "" {
			fmt.Printf("%s with %d containers: %s\n", c.Name, c.N, c.Why)
		}
	}
}
