package config

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Parse reads the text of a file. TOML's other forms of the same (dotted keys, inline tables, tables of tables) are refused: a
// file that is read by people has one.
func Parse(file string, text []byte) ([]Setting, error) {
	if !utf8.Valid(text) {
		return nil, &Error{file, lineOf(text), "this is not UTF-8"}
	}
	r := reader{file: file, seen: map[string]int{}}
	r.p.Reset(text)
	for r.p.NextExpression() {
		if err := r.read(r.p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := r.p.Error(); err != nil {
		line := 1 + bytes.Count(text, []byte("\n"))
		var wrong *unstable.ParserError
		if errors.As(err, &wrong) && len(wrong.Highlight) > 0 {
			line = r.line(r.p.Range(wrong.Highlight))
		}
		return nil, &Error{file, line, err.Error()}
	}
	return r.list, nil
}

// lineOf is the line of the first byte that is no UTF-8.
func lineOf(text []byte) int {
	line := 1
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		switch {
		case c == utf8.RuneError && n == 1:
			return line
		case c == '\n':
			line++
		}
		text = text[n:]
	}
	return line
}

type reader struct {
	file    string
	p       unstable.Parser
	section string
	seen    map[string]int // lines of sections and keys
	list    []Setting
}

func (r *reader) line(at unstable.Range) int { return r.p.Shape(at).Start.Line }

func (r *reader) wrong(line int, says string) error { return &Error{r.file, line, says} }

func (r *reader) read(n *unstable.Node) error {
	parts := n.Key()
	var words []string
	line := 0
	for parts.Next() {
		if line == 0 {
			line = r.line(parts.Node().Raw)
		}
		words = append(words, string(parts.Node().Data))
	}
	name := strings.Join(words, ".")
	isKey := n.Kind == unstable.KeyValue
	switch {
	case n.Kind == unstable.ArrayTable:
		return r.wrong(line, "write ["+printable(name)+"] with one pair of brackets")
	case isKey && r.section == "":
		return r.wrong(line, "the key "+printable(name)+" is in no section: write the verb that it is for above it, such as [run]")
	case len(words) > 1 && isKey:
		return r.wrong(line, "a key has no dot: "+printable(name))
	case len(words) > 1:
		return r.wrong(line, "a section is a verb and has no dot: ["+printable(name)+"]")
	case name == "":
		return r.wrong(line, "the name is empty")
	}
	id := name
	if isKey {
		id = r.section + "." + name
	}
	if before, twice := r.seen[id]; twice {
		return r.wrong(line, printable(name)+" is there twice, first in line "+strconv.Itoa(before))
	}
	r.seen[id] = line
	if !isKey {
		r.section = name
		return nil
	}
	return r.value(n.Value(), Setting{Section: r.section, Key: name, Line: line})
}

// value reads what is behind the key.
func (r *reader) value(n *unstable.Node, s Setting) error {
	switch n.Kind {
	case unstable.String:
		s.Kind, s.Values = Text, []string{string(n.Data)}
	case unstable.Bool:
		s.Kind, s.Values = Truth, []string{string(n.Data)}
	case unstable.Integer, unstable.Float:
		s.Kind, s.Values = Number, []string{string(n.Data)}
	case unstable.Array:
		s.Kind, s.Values = List, []string{}
		for items := n.Children(); items.Next(); {
			item := items.Node()
			if item.Kind != unstable.String {
				return r.wrong(s.Line, printable(s.Key)+": a list is of texts: [\"one\", \"two\"]")
			}
			s.Values = append(s.Values, string(item.Data))
		}
	default:
		return r.wrong(s.Line, printable(s.Key)+": a value is a text in quotes, a number, true, false, or a list of texts")
	}
	for _, v := range s.Values {
		if strings.ContainsRune(v, 0) { // no argument of a command line can hold it
			return r.wrong(s.Line, printable(s.Key)+": the value has a NUL in it")
		}
	}
	r.list = append(r.list, s)
	return nil
}

// printable is a name as a message can show it.
func printable(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` || name == "" {
		return q
	}
	return name
}
