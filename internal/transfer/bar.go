package transfer

import (
	"fmt"
	"slices"
	"strings"
)

// at says how much there is of it, and that more is coming.
func (b *bar) at(n int64) {
	b.of.mu.Lock()
	b.have, b.doing = n, ""
	b.of.mu.Unlock()
}

// is says what is being done to it.
func (b *bar) is(doing string) {
	b.of.mu.Lock()
	b.doing = doing
	b.of.mu.Unlock()
}

// done replaces it with a line that stays.
func (b *bar) done(what string) {
	d := b.of
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.bars, b); i >= 0 {
		d.bars = slices.Delete(d.bars, i, i+1)
		d.print(b.name + "  " + what)
	}
}

// gone takes it away.
func (b *bar) gone() {
	d := b.of
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.bars, b); i >= 0 {
		d.bars = slices.Delete(d.bars, i, i+1)
	}
}

// line is what is drawn of it, in one line of a terminal.
func (b *bar) line(columns int) string {
	if b.doing != "" {
		return cut(b.name+"  "+b.doing, columns)
	}
	figures := fmt.Sprintf("%9s / %s", size(b.have), size(b.total))
	width := min(columns-len(b.name)-len(figures)-6, 40)
	if width < 4 {
		return cut(b.name+"  "+figures, columns)
	}
	full := width
	if b.total > 0 {
		full = int(float64(min(b.have, b.total)) / float64(b.total) * float64(width))
	}
	return b.name + "  [" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "] " + figures
}

// cut makes a line of ASCII so short that the terminal does not break it.
func cut(s string, columns int) string {
	if columns > 1 && len(s) >= columns {
		return s[:columns-1]
	}
	return s
}
