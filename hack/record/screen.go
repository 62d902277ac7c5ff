package main

import (
	"strings"
	"unicode"
)

// cell is a letter of the terminal: how it looks, and since when it has been there.
type cell struct {
	letter rune
	style  string // of those that the picture knows
	at     float64
}

// screen is all that a terminal has shown, line by line from the top: what scrolls out of sight stays.
type screen struct {
	lines [][]cell
	end   float64
	row   int
	col   int
	style string
}

// screenOf has a terminal show events. It knows what the session's programs write: text, line feeds, carriage returns,
// tabs, colours, and that a line is erased; other sequences are passed over.
func screenOf(events []event) *screen {
	s := &screen{lines: [][]cell{nil}}
	for _, e := range events {
		s.write(e.text, e.at)
		s.end = e.at
	}
	return s
}

func (s *screen) write(text string, at float64) {
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			n := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			if n < 0 {
				return // it never ends
			}
			s.control(rest[:n], rest[n])
			text = rest[n+1:]
			continue
		}
		for i, r := range text {
			s.letter(r, at)
			text = text[i+len(string(r)):]
			break
		}
	}
}

func (s *screen) control(parameters string, what byte) {
	switch what {
	case 'm':
		s.style = styles[parameters]
	case 'K':
		line := s.lines[s.row]
		s.lines[s.row] = line[:min(len(line), s.col)]
	}
}

// styles are those of the picture by the parameters of SGR.
var styles = map[string]string{"": "", "0": "", "90": "grey", "1;32": "green", "32": "green", "31": "red", "1;31": "red", "1": "bold", "33": "yellow"}

func (s *screen) letter(r rune, at float64) {
	switch {
	case r == '\n':
		s.row++
		for len(s.lines) <= s.row {
			s.lines = append(s.lines, nil)
		}
	case r == '\r':
		s.col = 0
	case r == '\t':
		for s.put(' ', at); s.col%8 != 0; {
			s.put(' ', at)
		}
	case unicode.IsPrint(r):
		s.put(r, at)
	}
}

func (s *screen) put(r rune, at float64) {
	if s.col == columns {
		s.letter('\r', at)
		s.letter('\n', at)
	}
	for len(s.lines[s.row]) <= s.col {
		s.lines[s.row] = append(s.lines[s.row], cell{' ', "", at})
	}
	s.lines[s.row][s.col] = cell{r, s.style, at}
	s.col++
}
