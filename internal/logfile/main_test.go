package logfile

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Tidy(m.Run)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// after is the n-th second of the tests' time.
func after(n int) time.Time {
	return time.Date(2026, 11, 26, 12, 0, n, 123456789, time.UTC)
}

func create(t testing.TB, dir string, o Options) *Writer {
	t.Helper()
	w, err := Create(dir, o)
	must(t, err)
	t.Cleanup(func() { must(t, w.Close(after(0))) })
	return w
}

// put makes a log file of the given lines.
func put(t testing.TB, dir string, number int, lines ...string) {
	t.Helper()
	must(t, os.WriteFile(path(dir, number), []byte(strings.Join(lines, "\n")), 0o600))
}

// content is a log file's.
func content(t testing.TB, dir string, number int) string {
	t.Helper()
	b, err := os.ReadFile(path(dir, number))
	must(t, err)
	return string(b)
}

// names are those of the files of a directory.
func names(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// all is a query for everything that is there.
func all() Query { return Query{Tail: -1} }

// got are the lines that a query gives: the stream, the text, and a + where it goes on.
func got(t testing.TB, dir string, q Query) (list []string) {
	t.Helper()
	must(t, Read(context.Background(), dir, q, nil, func(l Line) error {
		list = append(list, short(l))
		return nil
	}))
	return list
}

func short(l Line) string {
	s := "out:" + string(l.Text)
	if l.Stream == Stderr {
		s = "err:" + string(l.Text)
	}
	if l.Partial {
		s += "+"
	}
	return s
}

func want(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// said are the bytes of the streams as the log has them.
func said(t testing.TB, dir string) (stdout, stderr []byte) {
	t.Helper()
	must(t, Read(context.Background(), dir, all(), nil, func(l Line) error {
		to := &stdout
		if l.Stream == Stderr {
			to = &stderr
		}
		*to = append(*to, l.Text...)
		if !l.Partial {
			*to = append(*to, '\n')
		}
		return nil
	}))
	return stdout, stderr
}

func equal(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes came back of %d: %.100q", what, len(got), len(want), got)
	}
}
