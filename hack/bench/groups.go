package main

import (
	"fmt"
	"slices"
	"strings"
)

// titles of groups, by the kind of report.
var titles = map[string]string{
	"start": "start of /bin/true", "life": "exec of /bin/true in a container that runs", "limits": "start with limits",
	"harden": "start with a protection, over the same without",
}

// programs are the names under which peers are known where they are not what one types.
var programs = map[string]string{"floor": "a C program: mounts and pivot alone", "bwrap": "bubblewrap", "podman --rootfs": "podman"}

// chartOf arranges reports: a group for each kind and each range of ids, in the order in which they were measured.
func chartOf(list []drawable) chart {
	c := chart{Title: "Time that urun takes, as a ratio to others"}
	for _, d := range list {
		at := map[string]int{} // of a group, by its title
		runs := d.runs()
		add := func(title string, b bar) {
			if _, ok := at[title]; !ok {
				at[title] = len(c.Groups)
				c.Groups = append(c.Groups, group{Title: title})
			}
			g := &c.Groups[at[title]]
			g.Bars = append(g.Bars, b)
		}
		for _, q := range d.Ratios {
			of, ids := cutIDs(q.Of)
			to, _ := cutIDs(q.To)
			label := to
			if name, ok := programs[label]; ok {
				label = name
			}
			if d.Kind == "limits" || strings.Contains(of, ", ") { // another amount of urun than the whole
				label = of + " / " + label
			}
			if n := runs[q.To]; n > 0 && n != d.Runs {
				label += fmt.Sprintf(" (%d runs)", n)
			}
			title := titles[d.Kind]
			if ids != "" {
				title += ", " + ids
			}
			add(title, bar{label, q.Ratio, q.Low, q.High})
		}
		for _, p := range d.Pairs {
			add(titles[d.Kind], bar{p.Name, p.Ratio.Ratio, p.Ratio.Low, p.Ratio.High})
		}
		c.Notes = append(c.Notes, d.note())
	}
	c.Notes = append(c.Notes, machines(list)...)
	return c
}

// cutIDs splits what the names of peers have in them: "urun exec, one id" and "urun exec, one id, less empty Go".
func cutIDs(name string) (rest, ids string) {
	for _, ids := range []string{"one id", "full range"} {
		if before, after, found := strings.Cut(name, ", "+ids); found {
			return before + after, ids
		}
	}
	return name, ""
}

// runs are those of each peer: a slow one has fewer.
func (d drawable) runs() map[string]int {
	runs := map[string]int{}
	for _, list := range [][]start{d.Starts, d.Execs} {
		for _, s := range list {
			runs[s.Name] = s.Runs
		}
	}
	return runs
}

// note is the small print about a report.
func (d drawable) note() string {
	unit := "runs of each, alternating"
	switch d.Kind {
	case "harden":
		unit = "pairs of each"
	case "start":
		unit += ", less what true alone takes"
	}
	return fmt.Sprintf("%s: %d %s; %s; load before: %s", titles[d.Kind], d.Runs, unit, d.Date, d.Load)
}

// machines are what the reports were measured with, each program once.
func machines(list []drawable) (lines []string) {
	var all []string
	for _, d := range list {
		for _, part := range d.Machine {
			if !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	const most = 130 // letters
	for _, part := range all {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+len(part) < most {
			lines[last] += "; " + part
		} else {
			lines = append(lines, part)
		}
	}
	return lines
}
