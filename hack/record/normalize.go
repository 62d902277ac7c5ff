package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	longID  = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	shortID = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	while   = regexp.MustCompile(`\b\d+ (seconds?|minutes?)\b`)
	heading = regexp.MustCompile(`\S+( \S+)*`)
)

// normalizer replaces what another machine or another moment would have written otherwise.
type normalizer struct {
	paths *strings.Replacer
	ids   map[string]string // by their first twelve letters
}

// normalize does so in all outputs. paths are pairs of what is there and what is to stand there.
func normalize(script []step, paths []string) {
	n := normalizer{strings.NewReplacer(paths...), map[string]string{}}
	for i := range script {
		s := &script[i]
		if s.output = withoutSession(s.output); strings.HasPrefix(s.output, "CONTAINER ID") {
			s.output = n.table(s.output)
		} else {
			s.output = n.clean(s.output)
		}
	}
}

func (n normalizer) clean(s string) string {
	s = longID.ReplaceAllStringFunc(n.paths.Replace(s), func(id string) string { return n.invented(id[:12]) })
	return shortID.ReplaceAllStringFunc(s, func(id string) string {
		for _, made := range n.ids {
			if made[:12] == id {
				return id
			}
		}
		return n.invented(id)[:12]
	})
}

// invented is an id that looks like one, for each of those that there were the next.
func (n normalizer) invented(id string) string {
	const digits = "c5d1a7403f9e2b68"
	if _, known := n.ids[id]; !known {
		at := len(n.ids) % len(digits)
		n.ids[id] = strings.Repeat(digits[at:]+digits[:at], 4)
	}
	return n.ids[id]
}

// withoutSession leaves out what urun says where systemd ends containers at logout.
func withoutSession(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "urun: ") || !strings.Contains(line, "linger") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// table writes what urun ps prints anew: paths, and how long ago something was, have another length afterwards.
func (n normalizer) table(output string) string {
	lines := strings.Split(strings.TrimRight(output, "\r\n"), "\r\n")
	var starts []int
	for _, at := range heading.FindAllStringIndex(lines[0], -1) {
		starts = append(starts, at[0])
	}
	cells := make([][]string, len(lines))
	widths := make([]int, len(starts))
	for i, line := range lines {
		for c, from := range starts {
			to := len(line)
			if c+1 < len(starts) {
				to = min(to, starts[c+1])
			}
			cell := n.clean(strings.TrimSpace(line[min(from, to):to]))
			if i > 0 {
				cell = while.ReplaceAllString(cell, "2 seconds")
			}
			cells[i] = append(cells[i], cell)
			widths[c] = max(widths[c], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range cells {
		line := ""
		for c, cell := range row {
			line += fmt.Sprintf("%-*s  ", widths[c], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\r\n")
	}
	return b.String()
}
