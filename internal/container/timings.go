package container

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Timings are where the time of a start went, in microseconds.
type Timings struct {
	Start   float64    `json:"start_us"`   // from the clone until the command ran
	Command float64    `json:"command_us"` // how long that ran; 0 for one that is not waited for
	Urun    []Took     `json:"urun"`       // what urun did, one after the other
	Beside  []Took     `json:"beside"`     // what was done meanwhile
	Steps   []StepTook `json:"steps"`      // of the container's first process, in order
}

// Took is something that took time.
type Took struct {
	Name string  `json:"name"`
	From float64 `json:"from_us"` // since the start began
	Took float64 `json:"took_us"`
}

// StepTook is a step of the first process.
type StepTook struct {
	Step int    `json:"step"`
	Why  string `json:"why"`
	Took
}

const (
	barWidth  = 50 // the start, in characters
	nameWidth = 90
	slowest   = 10 // steps that are shown
)

// Lines shows them to people.
func (t *Timings) Lines() []string {
	total := fmt.Sprintf("the start took %.2f ms", t.Start/1e3)
	if t.Command > 0 {
		total += fmt.Sprintf("; the command ran for %.2f ms", t.Command/1e3)
	}
	list := []string{total}
	list = append(list, "one after the other, by urun:")
	for _, p := range t.Urun {
		list = append(list, t.bar(p))
	}
	if len(t.Beside) > 0 {
		list = append(list, "meanwhile:")
	}
	for _, p := range t.Beside {
		list = append(list, t.bar(p))
	}
	steps := slices.Clone(t.Steps)
	slices.SortStableFunc(steps, func(a, b StepTook) int { return cmp.Compare(b.Took.Took, a.Took.Took) })
	if len(steps) > 0 {
		list = append(list, fmt.Sprintf("the slowest %d of the first process's %d steps:", min(slowest, len(steps)), len(steps)))
	}
	for _, s := range steps[:min(slowest, len(steps))] {
		list = append(list, fmt.Sprintf("%9.1f µs  step %-3d  %s", s.Took.Took, s.Step, clipped(s.Name, nameWidth)))
	}
	return list
}

// bar shows when something was done: each character is a part of the start.
func (t *Timings) bar(p Took) string {
	at := func(us float64) int {
		if t.Start <= 0 {
			return 0
		}
		return min(barWidth, max(0, int(us/t.Start*barWidth+0.5)))
	}
	from := min(at(p.From), barWidth-1)
	to := max(at(p.From+p.Took), from+1)
	bar := strings.Repeat(" ", from) + strings.Repeat("#", to-from) + strings.Repeat(" ", barWidth-to)
	return fmt.Sprintf("%9.1f µs  |%s|  %s", p.Took, bar, clipped(p.Name, nameWidth))
}

// clipped is a call without the end of one that is very long.
func clipped(call string, most int) string {
	if r := []rune(call); len(r) > most {
		return string(r[:most]) + "…"
	}
	return call
}
