package logfile

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const stamp = "2026-11-26T12:00:00.123456789Z"

func TestLinesAreRead(t *testing.T) {
	for _, c := range []struct {
		in, want string
		at       time.Time
	}{
		{stamp + " stdout F hello\n", "out:hello", after(0)},
		{stamp + " stderr P hello\n", "err:hello+", after(0)},
		{stamp + " stdout F \n", "out:", after(0)},
		{stamp + " stdout F  a \r\x00\xff \n", "out: a \r\x00\xff ", after(0)},
		{"2026-11-26T13:00:00.123456789+01:00 stdout F podman's\n", "out:podman's", after(0)},
		{"2026-11-26T12:00:01Z stdout F no fraction\n", "out:no fraction", time.Date(2026, 11, 26, 12, 0, 1, 0, time.UTC)},
	} {
		l, ok := parse([]byte(c.in))
		if !ok || short(l) != c.want || !l.Time.Equal(c.at) {
			t.Errorf("%q is %v, %q at %v", c.in, ok, short(l), l.Time)
		}
	}
}

func TestWhatIsNoLineIsRefused(t *testing.T) {
	for _, in := range []string{
		"", "\n", "hello\n", stamp, stamp + "\n", stamp + " stdout\n", stamp + " stdout F\n", stamp + " stdout F torn",
		stamp + " stdin F a\n", stamp + " stdout X a\n", stamp + " stdout FF a\n", stamp + " stdout  F a\n", " " + stamp + " stdout F a\n",
		"yesterday stdout F a\n", "2026-13-26T12:00:00Z stdout F a\n", "2026-11-26 stdout F a\n", strings.Repeat("\x00", 100) + "\n",
	} {
		if l, ok := parse([]byte(in)); ok {
			t.Errorf("%q is the line %q", in, short(l))
		}
	}
}

// FuzzParse holds a line that was read to what a Writer would write for it.
func FuzzParse(f *testing.F) {
	for _, in := range []string{"", "\n", stamp + " stdout F hello\n", stamp + " stderr P \n", "2026-11-26T13:00:00+01:00 stdout F x y\n",
		stamp + " stdout F torn", "2026-11-26T12:00:00,5Z stdout F a\n", "0000-01-01T00:00:00Z stdout F a\n", "9999-12-31T23:59:59-23:59 stderr F \x00\n"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		l, ok := parse(in)
		if !ok {
			return
		}
		tag := byte(full)
		if l.Partial {
			tag = partial
		}
		if !bytes.HasSuffix(in, append(append([]byte(string(l.Stream)+" "), tag, ' '), append(l.Text, '\n')...)) {
			t.Errorf("%q was read as %q", in, short(l))
		}
		if y := l.Time.UTC().Year(); y < 0 || y > 9999 {
			return // by its zone
		}
		w := Writer{}
		w.at(l.Time)
		again, ok := parse(append(append(w.header(nil, l.Stream, tag), l.Text...), '\n'))
		if !ok || short(again) != short(l) || !again.Time.Equal(l.Time) {
			t.Errorf("%q became %q at %v", in, short(again), again.Time)
		}
	})
}
