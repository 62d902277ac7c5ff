package main

import (
	"strconv"
	"strings"
	"unicode"
)

// branch is a line of a tree, with the lines below it.
type branch struct {
	text  string
	below []branch
}

// marks are what a tree is drawn with.
type marks struct {
	unicode               bool
	fork, last, bar, none string
	cut                   string // at the end of a line that was cut
}

func unicodeMarks() marks { return marks{true, "├─ ", "└─ ", "│  ", "   ", "…"} }
func asciiMarks() marks   { return marks{false, "|- ", "`- ", "|  ", "   ", "..."} }

// pen draws trees.
type pen struct {
	marks
	width int // of a line; 0: as long as it is
}

// draw draws trees one below the other.
func (p pen) draw(list []branch) string {
	var b strings.Builder
	for _, one := range list {
		b.WriteString(p.fit(p.safe(one.text)) + "\n")
		p.drawBelow(&b, one, "")
	}
	return b.String()
}

func (p pen) drawBelow(b *strings.Builder, one branch, indent string) {
	for i, next := range one.below {
		mark, bar := p.fork, p.bar
		if i == len(one.below)-1 {
			mark, bar = p.last, p.none
		}
		b.WriteString(p.fit(indent+mark+p.safe(next.text)) + "\n")
		p.drawBelow(b, next, indent+bar)
	}
}

// safe escapes what a terminal would obey, and what it could not show.
func (p pen) safe(s string) string {
	s = printable(s)
	if p.unicode || strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return s
	}
	q := strconv.QuoteToASCII(s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(q[1 : len(q)-1])
}

// fit cuts a line at the width of the terminal.
func (p pen) fit(line string) string {
	if p.width <= 0 {
		return line
	}
	at, room := 0, len(line) // room: where the line is cut if it is too long
	limit := p.width - columnsOf(p.cut)
	for i, r := range line {
		if at <= limit {
			room = i
		}
		if at += cells(r); at > p.width {
			return strings.TrimRight(line[:room], " ") + p.cut
		}
	}
	return line
}

func columnsOf(s string) (n int) {
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// cells is how many columns of a terminal a letter takes: ideographs take two, accents none. It is an estimate; what is
// wrong about it makes a line a little too long or too short.
func cells(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}
