package logfile

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Of whatever is in the files of a log, lines are read in their order; the last of them are its end, and nothing else is read.
func FuzzRead(f *testing.F) {
	line := stamp + " stdout F hello\n"
	for _, s := range []string{"", "\n", line, line + line[:20], "rubbish\n" + line, stamp + " stderr P a\n" + stamp + " stdout F b\n" + stamp + " stderr F c\n", strings.Repeat("\x00", 100) + line, line + "\n\n" + line,
		stamp + " stdout P a\n" + stamp + " stdout P b\n"} {
		f.Add([]byte(s), []byte(line), 1)
		f.Add([]byte(line), []byte(s), 2)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, older, newer []byte, n int) {
		put(t, dir, 1, string(older))
		put(t, dir, 0, string(newer))
		var whole []Line
		for _, file := range [][]byte{older, newer} {
			for b := range bytes.Lines(file) {
				if l, ok := parse(b); ok && len(b) <= block {
					whole = append(whole, l)
				}
			}
		}
		var all []string
		for _, l := range whole {
			all = append(all, short(l))
		}
		if read := got(t, dir, Query{Tail: -1}); !slices.Equal(read, all) {
			t.Fatalf("%q, %q: got %q, want %q", older, newer, read, all)
		}
		if n < 0 {
			return
		}
		// As many full lines of a stream, counted from the end, whose last part may be missing.
		end, left, seen := len(whole), n, map[Stream]bool{}
		for end > 0 {
			if l := whole[end-1]; !l.Partial || !seen[l.Stream] {
				if left == 0 {
					break
				}
				left--
				seen[l.Stream] = true
			}
			end--
		}
		if read := got(t, dir, Query{Tail: n}); !slices.Equal(read, all[end:]) {
			t.Fatalf("%q, %q: the last %d are %q, want %q", older, newer, n, read, all[end:])
		}
	})
}

// A time that is taken is one that can be written, and written it is the same.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"", "0", "1795685857.5", "253402300799.999999999", "253402300800", "10m", "-10m", "1h30m", "2562047h47m16.854775807s", "2026-11-26", "2026-11-26T09:37", "2026-11-26T09:37:37Z", "2026-11-26T09:37:37.5+23:59",
		"9999-12-31T23:59:59Z", "10000-01-01", "2026-02-30", "1.", ".5", "1e3", "+1", "1_0", "0x10", "yesterday\x1b"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.FixedZone("", 3600))
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTime(s, now)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b\x00") || !strings.Contains(err.Error(), strconv.Quote(s)) {
				t.Fatalf("%q: %q", s, err)
			}
			return
		}
		if _, err := time.ParseDuration(s); err == nil {
			if got.After(now) {
				t.Fatalf("%q is %s, which is yet to come", s, got)
			}
			return // which may be before there were years
		}
		if y := got.UTC().Year(); y < 0 || y > 9999 {
			return // by its zone
		}
		if again, err := ParseTime(got.UTC().Format(time.RFC3339Nano), now); err != nil || !again.Equal(got) {
			t.Fatalf("%q is %s, and that %s, %v", s, got, again, err)
		}
	})
}

// What a log may take is never without a limit that nobody asked for, and never so little that no line fits.
func FuzzParseOptions(f *testing.F) {
	for _, s := range []string{"", "max-size=10m", "max-size=-1", "max-size=0", "max-size=1", "max-size=4k", "max-size=9223372036854775807", "max-size=9223372036854775808", "max-size=8388608t", "max-file=1", "max-file=0", "max-file=1001",
		"max-file=+5", "max-size=1g\nmax-size=5k", "path=/x", "max-size", "tag\x1b=x", "MAX-SIZE=1m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := strings.Split(s, "\n")
		o, err := ParseOptions(list)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b\x00") || !strings.HasPrefix(err.Error(), "--log-opt ") {
				t.Fatalf("%q: %q", s, err)
			}
			return
		}
		endless := false
		for _, opt := range list {
			if value, ok := strings.CutPrefix(opt, "max-size="); ok {
				endless = value == "-1"
			}
		}
		if (o.MaxSize == 0) != endless || !endless && o.MaxSize < smallestSize || o.MaxFiles < 1 || o.MaxFiles > mostFiles {
			t.Fatalf("%q gives %+v", list, o)
		}
	})
}
