package main

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// layout is what --format asks for: of Go's templates what people write there. text/template links reflection over the methods
// of all types, which every start would pay for.
type layout []piece

// piece is text, or something in braces.
type piece struct {
	text        string
	source      string // what is in braces, with them
	verb        string // a function, range or if; empty for a value as it is
	path        []string
	args        []any // strings and ints
	then, other layout
}

const formats = `write {{.Field}}, {{.A.B}}, {{.}}, {{json .A}}, {{index .A "key"}}, {{index .A 0}}, {{len .A}}, {{upper .A}}, ` +
	`{{lower .A}}, {{join .A ","}}, {{range .A}}…{{end}} or {{if .A}}…{{else}}…{{end}}`

// tableFormat splits off the word that asks for a table with headings.
func tableFormat(s string) (rest string, isTable bool) {
	rest, isTable = strings.CutPrefix(s, "table ")
	if isTable {
		rest = strings.TrimLeft(rest, " ")
	}
	return rest, isTable
}

func parseFormat(s string) (layout, error) {
	l, end, _, err := parsePieces(s)
	if err == nil && end != "" {
		return nil, errors.New("{{" + end + "}} is behind no {{if}} or {{range}}")
	}
	return l, err
}

// parsePieces reads up to an {{end}} or {{else}}, whose word is end, or without one to the end of s.
func parsePieces(s string) (l layout, end, rest string, err error) {
	for {
		text, after, found := strings.Cut(s, "{{")
		if text != "" {
			l = append(l, piece{text: strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text)})
		}
		if !found {
			return l, "", "", nil
		}
		words, source, after, err := splitAction(after)
		if err != nil {
			return nil, "", "", err
		}
		if len(words) == 1 && (words[0] == "end" || words[0] == "else") {
			return l, words[0], after, nil
		}
		p, ok := parseAction(words)
		if p.source = source; !ok {
			return nil, "", "", errors.New(source + " is not supported; " + formats)
		}
		if p.verb == "range" || p.verb == "if" {
			if after, err = p.parseBody(after); err != nil {
				return nil, "", "", err
			}
		}
		l, s = append(l, p), after
	}
}

func (p *piece) parseBody(s string) (rest string, err error) {
	var end string
	p.then, end, rest, err = parsePieces(s)
	if err == nil && end == "else" {
		p.other, end, rest, err = parsePieces(rest)
	}
	if err == nil && end != "end" {
		err = errors.New(p.source + " has no {{end}}")
	}
	return rest, err
}

// splitAction cuts what is in braces into words. One in quotes keeps its blanks and braces.
func splitAction(s string) (words []string, source, rest string, err error) {
	for at := 0; at < len(s); {
		word := s[at : at+1]
		switch {
		case strings.HasPrefix(s[at:], "}}"):
			return words, "{{" + s[:at+2], s[at+2:], nil
		case word == `"`:
			if word, err = strconv.QuotedPrefix(s[at:]); err != nil {
				return nil, "", "", errors.New("a quote is not closed in " + strconv.Quote("{{"+s))
			}
			words = append(words, word)
		case strings.Contains(" \t\r\n", word):
		default:
			n := strings.IndexAny(s[at+1:]+" ", " \t\r\n\"}")
			word = s[at : at+1+n]
			words = append(words, word)
		}
		at += len(word)
	}
	return nil, "", "", errors.New("a }} is missing in " + strconv.Quote("{{"+s))
}

func parseAction(words []string) (p piece, ok bool) {
	if len(words) > 0 && !strings.HasPrefix(words[0], ".") {
		p.verb, words = words[0], words[1:]
	}
	if len(words) == 0 || !parsePath(words[0], &p.path) {
		return p, false
	}
	for _, w := range words[1:] {
		text, err := strconv.Unquote(w)
		n, notNumber := strconv.Atoi(w)
		switch {
		case strings.HasPrefix(w, `"`) && err == nil:
			p.args = append(p.args, text)
		case notNumber == nil && p.verb == "index":
			p.args = append(p.args, n)
		default:
			return p, false
		}
	}
	switch p.verb {
	case "", "json", "len", "upper", "lower", "range", "if":
		return p, len(p.args) == 0
	case "join":
		return p, len(p.args) == 1
	case "index":
		return p, len(p.args) > 0
	}
	return p, false
}

// parsePath reads .A.B; a dot alone is the whole value.
func parsePath(s string, names *[]string) bool {
	rest, ok := strings.CutPrefix(s, ".")
	if !ok || rest == "" {
		return ok
	}
	*names = strings.Split(rest, ".")
	for _, name := range *names {
		odd := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if name == "" || odd >= 0 {
			return false
		}
	}
	return true
}
