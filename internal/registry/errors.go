package registry

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrNoRange is of a server that sends a blob from its beginning or not at all: fetch it with offset 0.
var ErrNoRange = errors.New("the registry cannot send the rest of a blob")

var (
	errStalled   = errors.New("no byte came for too long")
	errPlainHTTP = errors.New("plain HTTP is refused")
)

// Error is what went wrong with a registry, with what can be done about it.
type Error struct {
	Doing  string        // "get the manifest from docker.io"
	Status int           // of HTTP; 0 when no answer came
	After  time.Duration // the server wants to be left alone that long; 0: it did not say
	Advice string        // a sentence, or empty
	Err    error
}

func (e *Error) Error() string {
	s := e.Doing + ": " + printable(e.Err.Error())
	if e.Advice != "" {
		s += ": " + e.Advice
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// answer is an error of HTTP, put as a user may read it.
type answer struct {
	status  int
	message string // what the server says, which may be anything
}

func (a *answer) Error() string {
	s := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	if a.message != "" {
		s += " (" + a.message + ")"
	}
	return s
}

// lie is what a server sends that cannot be: another digest, another size, no manifest. It stays so.
type lie struct{ text string }

func (l *lie) Error() string { return l.text }

func lies(format string, args ...any) error { return &lie{fmt.Sprintf(format, args...)} }
