package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// The picture's measures, in pixels.
const (
	letterWidth = 7.8
	lineHeight  = 18
	margin      = 16
	head        = 30 // of the window
	hold        = 6  // seconds that the end stays before it begins again
)

const look = `
  .paper { fill: #161b22 } .edge { fill: none; stroke: #484f58 } .head { fill: #21262d }
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre }
  .grey { fill: #8b949e } .green { fill: #3fb950; font-weight: 600 } .red { fill: #ff7b72 } .yellow { fill: #d29922 } .bold { font-weight: 600 } .title { fill: #8b949e; text-anchor: middle }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important } }
`

// run is a part of a line that looks alike and appears at once, or letter by letter.
type run struct {
	col         int
	text, style string
	from, to    float64
}

// picture draws the screen as it goes on. Without animations, or for who does not want any, it is the last screen.
func picture(s *screen, title string) string {
	p := &drawing{all: s.end + hold, named: map[string]string{}}
	var body strings.Builder
	for row, line := range s.lines {
		for _, r := range runs(line) {
			p.text(&body, row, r)
		}
	}
	width, height := float64(columns)*letterWidth+2*margin, float64(rows*lineHeight+head+2*margin)
	scroll, last := p.scroll(s)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title desc">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">A recording of a terminal; the same as text is in first-session.txt.</desc>\n", html.EscapeString(title))
	fmt.Fprintf(&b, "<style>%s%s%s</style>\n", look, p.rules.String(), scroll)
	fmt.Fprintf(&b, `<rect class="paper" width="%.0f" height="%.0f" rx="8"/><path class="head" d="M0 %dV8a8 8 0 0 1 8-8H%.0fa8 8 0 0 1 8 8V%dz"/>`+"\n", width, height, head, width-8, head)
	fmt.Fprintf(&b, `<text class="title" x="%.0f" y="20">%s</text>`+"\n", width/2, html.EscapeString(title))
	fmt.Fprintf(&b, `<svg x="%d" y="%d" width="%.1f" height="%d"><g class="scroll" transform="translate(0 %d)">`+"\n", margin, head+margin, width-2*margin, rows*lineHeight, -last*lineHeight)
	b.WriteString(body.String())
	fmt.Fprintf(&b, "</g></svg>\n"+`<rect class="edge" x=".5" y=".5" width="%.0f" height="%.0f" rx="8"/>`+"\n</svg>\n", width-1, height-1)
	return b.String()
}

// runs divides a line.
func runs(line []cell) (list []run) {
	for i := 0; i < len(line); {
		r := run{i, string(line[i].letter), line[i].style, line[i].at, line[i].at}
		typed := false
		for i++; i < len(line) && line[i].style == r.style; i++ {
			step := line[i].at - r.to
			if len(r.text) > 1 && (step > 0) != typed || step < 0 || step > 2*perLetter {
				break
			}
			typed, r.to = step > 0, line[i].at
			r.text += string(line[i].letter)
		}
		if strings.TrimSpace(r.text) != "" {
			list = append(list, r)
		}
	}
	return list
}

// drawing has the rules of style that make things appear.
type drawing struct {
	all   float64 // seconds
	rules strings.Builder
	named map[string]string // classes by what they do
}

func (p *drawing) percent(at float64) string { return fmt.Sprintf("%.2f%%", at/p.all*100) }

// class makes a rule for what appears at that moment, and until the other is typed in so many steps.
func (p *drawing) class(from, to float64, letters int) string {
	key := fmt.Sprint(from, to)
	if name, known := p.named[key]; known {
		return name
	}
	name := fmt.Sprintf("a%d", len(p.named))
	p.named[key] = name
	if from == to {
		fmt.Fprintf(&p.rules, "  .%s{animation:%s %.2fs step-end infinite}@keyframes %s{0%%{opacity:0}%s{opacity:1}}\n", name, name, p.all, name, p.percent(from))
	} else {
		fmt.Fprintf(&p.rules, "  .%s{animation:%s %.2fs step-end infinite}@keyframes %s{0%%{clip-path:inset(0 100%% 0 0)}%s{clip-path:inset(0 100%% 0 0);animation-timing-function:steps(%d)}%s{clip-path:inset(0 0 0 0)}}\n",
			name, name, p.all, name, p.percent(from), letters, p.percent(to))
	}
	return name
}

func (p *drawing) text(b *strings.Builder, row int, r run) {
	n := len([]rune(r.text))
	class := p.class(r.from, r.to, n)
	if r.style != "" {
		class += " " + r.style
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%d" textLength="%.1f" xml:space="preserve">%s</text>`+"\n", class, float64(r.col)*letterWidth, row*lineHeight+14, float64(n)*letterWidth, html.EscapeString(r.text))
}

// scroll moves the lines up when there are more than fit, at the moment when the one at the bottom appears.
func (p *drawing) scroll(s *screen) (rules string, last int) {
	moves := map[float64]int{0: 0}
	began := 0.0
	for row, line := range s.lines {
		for _, c := range line {
			began = max(began, c.at)
			break
		}
		moves[began] = max(row+1-rows, 0)
		last = moves[began]
	}
	var times []float64
	for at := range moves {
		times = append(times, at)
	}
	slices.Sort(times)
	var b strings.Builder
	fmt.Fprintf(&b, "  .scroll{animation:scroll %.2fs step-end infinite}@keyframes scroll{", p.all)
	before := -1
	for _, at := range times {
		if moves[at] != before {
			before = moves[at]
			fmt.Fprintf(&b, "%s{transform:translateY(%dpx)}", p.percent(at), -before*lineHeight)
		}
	}
	b.WriteString("}\n")
	return b.String(), last
}
