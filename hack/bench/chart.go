package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chart is horizontal bars on a logarithmic scale, on both sides of the ratio 1.
type chart struct {
	Title  string
	Groups []group
	Notes  []string // small print
}

type group struct {
	Title string
	Bars  []bar
}

// bar is a ratio, with the range that it lies in.
type bar struct {
	Label            string
	Ratio, Low, High float64
}

// The places of things, in pixels.
const (
	width      = 860
	plotFrom   = 260 // labels are left of it
	plotTo     = 700 // figures are right of it
	row        = 22
	thick      = 12
	top        = 64
	noteHeight = 14
	mostLetter = 36 // of a label
)

// style follows the reader's preference. The background is the chart's own, so that it can be read also on a page that does not.
const style = `
  .page { fill: #ffffff } .text { fill: #1f2328 } .small { fill: #59636e; font-size: 10px } .head { font-size: 15px; font-weight: 600 }
  .group { font-weight: 600 } .grid { stroke: #d1d9e0 } .one { stroke: #1f2328; stroke-width: 1.5 } .whisker { stroke: #1f2328; stroke-width: 1.2 }
  .quicker { fill: #1f883d } .slower { fill: #bc4c00 }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #30363d } .one, .whisker { stroke: #e6edf3 }
    .quicker { fill: #3fb950 } .slower { fill: #db6d28 }
  }
`

// svg draws the chart. Its description has all figures, for who cannot see it.
func (c chart) svg() string {
	var b strings.Builder
	height := c.height()
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<title id="title">%s</title>`+"\n", html.EscapeString(c.Title))
	fmt.Fprintf(&b, `<desc id="desc">%s</desc>`+"\n", html.EscapeString(c.description()))
	fmt.Fprintf(&b, "<style>%s</style>\n", style)
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d"/>`+"\n", width, height)
	text(&b, 16, 26, "text head", "start", c.Title)
	text(&b, 16, 44, "small", "start", "medians; whiskers: 95 % of bootstrap samples; logarithmic scale")

	a := c.axis()
	bottom := height - 20 - noteHeight*len(c.Notes)
	for _, tick := range a.ticks() {
		class := "grid"
		if tick == 1 {
			class = "one"
		}
		x := a.at(tick)
		fmt.Fprintf(&b, `<line class="%s" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", class, x, top, x, bottom-row)
		text(&b, x, float64(bottom-row+14), "small", "middle", fmt.Sprintf("%g", tick))
	}
	text(&b, a.at(1)-8, top-6, "small", "end", "← urun is quicker")
	text(&b, a.at(1)+8, top-6, "small", "start", "urun is slower →")
	y := float64(top)
	for _, g := range c.Groups {
		text(&b, 16, y+15, "text group", "start", g.Title)
		y += row
		for _, one := range g.Bars {
			one.draw(&b, a, y)
			y += row
		}
	}
	for i, note := range c.Notes {
		text(&b, 16, float64(bottom+8+noteHeight*(i+1)), "small", "start", note)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c chart) height() int {
	rows := len(c.Groups) + 1 // the axis
	for _, g := range c.Groups {
		rows += len(g.Bars)
	}
	return top + row*rows + 20 + noteHeight*len(c.Notes)
}

func (c chart) description() string {
	var b strings.Builder
	b.WriteString("Below 1 urun takes less time.")
	for _, g := range c.Groups {
		b.WriteString(" " + g.Title + ":")
		for i, one := range g.Bars {
			if i > 0 {
				b.WriteString(";")
			}
			b.WriteString(" " + one.Label + " " + one.figures())
		}
		b.WriteString(".")
	}
	return b.String()
}

// figures are the ratio and its range, small ones with a digit more.
func (b bar) figures() string {
	digits := 2
	if b.Ratio < 0.1 {
		digits = 3
	}
	return fmt.Sprintf("%.*f [%.*f %.*f]", digits, b.Ratio, digits, b.Low, digits, b.High)
}

// draw draws the bar from the ratio 1 to its own, its whisker and its figures.
func (b bar) draw(to *strings.Builder, a axis, y float64) {
	label := []rune(b.Label)
	if len(label) > mostLetter {
		label = append(label[:mostLetter-1], '…')
	}
	text(to, plotFrom-12, y+15, "text", "end", string(label))
	from, until, class := a.at(b.Ratio), a.at(1), "quicker"
	if from > until {
		from, until, class = until, from, "slower"
	}
	middle := y + row/2
	fmt.Fprintf(to, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%d" rx="1"/>`+"\n", class, from, middle-thick/2, math.Max(until-from, 0.5), thick)
	low, high := a.at(b.Low), a.at(b.High)
	fmt.Fprintf(to, `<path class="whisker" d="M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8"/>`+"\n", low, middle, high, low, middle-4, high, middle-4)
	text(to, plotTo+14, y+15, "text", "start", b.figures())
}

func text(b *strings.Builder, x, y float64, class, anchor, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", class, x, y, anchor, html.EscapeString(s))
}
