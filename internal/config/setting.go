package config

import "strconv"

// Kind is what a value is in the file.
type Kind int

// The kinds that a flag can be. A number keeps the digits that it was written with.
const (
	Text Kind = iota
	Number
	Truth
	List // of texts
)

func (k Kind) String() string {
	return [...]string{"a text", "a number", "true or false", "a list"}[k]
}

// Setting is a key and its value.
type Setting struct {
	Section, Key string
	Kind         Kind
	Values       []string // one, but of a list as many as it has
	Line         int
}

// Error is what is wrong with a file, and where.
type Error struct {
	File string
	Line int // 0: it is about the file
	Says string
}

func (e *Error) Error() string {
	at := e.File
	if e.Line > 0 {
		at += ":" + strconv.Itoa(e.Line)
	}
	return at + ": " + e.Says
}
