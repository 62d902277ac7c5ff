package attach

import (
	"bytes"
	"fmt"
	"strings"
)

// DefaultKeys is the sequence that detaches when none is asked for, as in podman.
const DefaultKeys = "ctrl-p,ctrl-q"

// Keys is a sequence of keys, as the bytes that a terminal sends for them.
type Keys []byte

// ParseKeys reads a sequence as --detach-keys of podman takes it: characters and ctrl-X
// with commas between, X being a to z or one of @ [ \ ] ^ _. The empty one never detaches.
func ParseKeys(s string) (Keys, error) {
	if s == "" {
		return nil, nil
	}
	var keys Keys
	for name := range strings.SplitSeq(s, ",") {
		b, ok := key(name)
		if !ok {
			return nil, fmt.Errorf("parse detach keys %q: %q is neither a character nor ctrl- and one of a-z @ [ \\ ] ^ _", s, name)
		}
		keys = append(keys, b)
	}
	return keys, nil
}

func key(name string) (byte, bool) {
	if len(name) == 1 && name[0] < 0x80 {
		return name[0], true
	}
	x, ok := strings.CutPrefix(name, "ctrl-")
	if !ok || len(x) != 1 || !strings.Contains(`abcdefghijklmnopqrstuvwxyz@[\]^_`, x) {
		return 0, false
	}
	return x[0] & 0x1f, true
}

// Scanner looks for a sequence of keys in what is typed.
type Scanner struct {
	keys Keys
	held []byte // the beginning of the sequence, and the end of what was typed
	out  []byte
}

// NewScanner looks for keys.
func NewScanner(keys Keys) *Scanner { return &Scanner{keys: keys} }

// Scan takes what was typed and gives what of it is for the container, valid until the
// next call. The beginning of a sequence it withholds until it knows. What follows a
// sequence that is complete is for nobody.
func (s *Scanner) Scan(p []byte) (out []byte, detach bool) {
	if len(s.keys) == 0 {
		return p, false
	}
	s.out = s.out[:0]
	for _, b := range p {
		s.held = append(s.held, b)
		for !bytes.HasPrefix(s.keys, s.held) {
			s.out = append(s.out, s.held[0])
			s.held = append(s.held[:0], s.held[1:]...)
		}
		if len(s.held) == len(s.keys) {
			s.held = s.held[:0]
			return s.out, true
		}
	}
	return s.out, false
}

// Rest is what is still withheld, when no more will be typed.
func (s *Scanner) Rest() []byte {
	held := s.held
	s.held = nil
	return held
}
