package logfile

import (
	"bytes"
	"time"
)

// Stream is where the container wrote it.
type Stream string

// The streams.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// Line is a line of the log, or a part of one.
type Line struct {
	Time    time.Time
	Stream  Stream
	Partial bool   // no newline comes after it
	Text    []byte // without newline; it is the reader's again when emit returns
}

const (
	full    = 'F'
	partial = 'P'
	layout  = "2006-01-02T15:04:05.000000000Z" // of a time in UTC
	// overhead is what a line has beside its text.
	overhead = len(layout) + len(" stdout F ") + len("\n")
)

// parse reads a line with its newline. What has none is torn, or is being written. Times
// of other programs may have fewer digits and another zone.
func parse(b []byte) (l Line, ok bool) {
	b, ok = bytes.CutSuffix(b, []byte{'\n'})
	if !ok {
		return l, false
	}
	stamp, b, _ := bytes.Cut(b, []byte{' '})
	stream, b, _ := bytes.Cut(b, []byte{' '})
	if l.Time.UnmarshalText(stamp) != nil || len(b) < 2 || b[1] != ' ' || b[0] != full && b[0] != partial {
		return l, false
	}
	switch string(stream) {
	case string(Stdout):
		l.Stream = Stdout
	case string(Stderr):
		l.Stream = Stderr
	default:
		return l, false
	}
	l.Partial, l.Text = b[0] == partial, b[2:]
	return l, true
}
