package image

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// scan reads JSON in one pass. A start reads a record with it: encoding/json takes eight times as long, most of a millisecond
// for a hundred layers. After the first error it reads nothing more.
type scan struct {
	text  string // what is read are parts of it
	at    int
	depth int
	err   error
}

var errSyntax = errors.New("it is not whole: pull the image again")

// deepest is how many objects and lists are within each other.
const deepest = 64

func (s *scan) fail() {
	if s.err == nil {
		s.err = errSyntax
	}
	s.at = len(s.text)
}

// next is the next byte that is no space.
func (s *scan) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' {
			return c
		}
	}
	return 0
}

// take goes over a byte, if it is the next.
func (s *scan) take(c byte) bool {
	if s.next() != c || s.at == len(s.text) {
		return false
	}
	s.at++
	return true
}

// null goes over a null.
func (s *scan) null() bool {
	if s.next() == 'n' && strings.HasPrefix(s.text[s.at:], "null") {
		s.at += len("null")
		return true
	}
	return false
}

// members calls do at each member of an object or a list.
func (s *scan) members(open, end byte, do func()) {
	if s.depth++; s.depth > deepest || !s.take(open) {
		s.fail()
	}
	for first := true; s.err == nil && !s.take(end); first = false {
		if !first && !s.take(',') {
			s.fail()
			return
		}
		do()
	}
	s.depth--
}

// object calls do at the value of each key; it has to go over that.
func (s *scan) object(do func(key string)) {
	if s.null() {
		return
	}
	s.members('{', '}', func() {
		key := s.string()
		if !s.take(':') {
			s.fail()
			return
		}
		do(key)
	})
}

// array calls do at each member of a list. There tells of an empty one from null.
func (s *scan) array(do func()) (there bool) {
	if s.null() {
		return false
	}
	s.members('[', ']', do)
	return true
}

func (s *scan) string() string {
	if !s.take('"') {
		s.fail()
		return ""
	}
	rest := s.text[s.at:]
	end := strings.IndexByte(rest, '"')
	if end >= 0 && strings.IndexByte(rest[:end], '\\') < 0 {
		s.at += end + 1
		return rest[:end]
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			s.at += i + 1
			var v string
			if json.Unmarshal([]byte(`"`+rest[:i+1]), &v) != nil {
				s.fail()
			}
			return v
		}
	}
	s.fail()
	return ""
}

func (s *scan) strings() (list []string) {
	if s.array(func() { list = append(list, s.string()) }) && list == nil {
		list = []string{}
	}
	return list
}

func (s *scan) digest() Digest { return Digest(s.string()) }

// word is a number, true or false.
func (s *scan) word() string {
	s.next()
	rest := s.text[s.at:]
	n := strings.IndexAny(rest, ",]} \t\r\n")
	if n < 0 {
		n = len(rest)
	}
	s.at += n
	return rest[:n]
}

func (s *scan) number() int64 {
	n, err := strconv.ParseInt(s.word(), 10, 64)
	if err != nil {
		s.fail()
	}
	return n
}

func (s *scan) bool() bool {
	w := s.word()
	if w != "true" && w != "false" {
		s.fail()
	}
	return w == "true"
}

// skip goes over a value of an urun that is newer than this one.
func (s *scan) skip() {
	switch s.next() {
	case '{':
		s.object(func(string) { s.skip() })
	case '[':
		s.array(s.skip)
	case '"':
		s.string()
	default:
		if w := s.word(); !json.Valid([]byte(w)) {
			s.fail()
		}
	}
}

// end is the error, if what was read is not all there is.
func (s *scan) end() error {
	if s.err == nil && s.next() != 0 {
		s.fail()
	}
	return s.err
}
