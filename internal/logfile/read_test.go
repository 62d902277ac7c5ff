package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"
)

func TestFilesAreReadInOrder(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{0, 1, 2, 9, 10, 11, 100} { // with gaps
		put(t, dir, n, fmt.Sprintf("%s stdout F %d", stamp, n), "")
	}
	want(t, got(t, dir, all()), "out:1", "out:2", "out:9", "out:10", "out:11", "out:100", "out:0")
}

func TestAnEmptyLogHasNoLines(t *testing.T) {
	dir := t.TempDir()
	want(t, got(t, dir, all()))
	put(t, dir, 0)
	want(t, got(t, dir, all()))
	want(t, got(t, dir, Query{Tail: 3}))
	if err := Read(context.Background(), dir+"/none", all(), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestWhatIsNoLineIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("x", 3*block)
	line := func(s string) string { return stamp + " stdout F " + s }
	put(t, dir, 1, "rubbish", line("one"), "", line("torn")[:35])
	put(t, dir, 0, strings.Repeat("\x00", 5000)+line("not this"), line("two"), long+line("nor this"), line("three"), line(long), line("four"), line("torn"))
	lines := []string{"out:one", "out:two", "out:three", "out:four"}
	want(t, got(t, dir, all()), lines...)
	want(t, got(t, dir, Query{Tail: 2}), lines[2:]...)
	want(t, got(t, dir, Query{Tail: 4}), lines...)
}

func TestTheErrorOfEmitEndsIt(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, 0, stamp+" stdout F 1", stamp+" stdout F 2", "")
	n := 0
	err := Read(context.Background(), dir, Query{Tail: -1, Follow: true}, nil, func(Line) error { n++; return os.ErrInvalid })
	if !errors.Is(err, os.ErrInvalid) || n != 1 {
		t.Errorf("%v after %d lines", err, n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Read(ctx, dir, all(), nil, func(Line) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBoundsOfTime(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 150, MaxFiles: 100})
	// The clock is set back after 5.
	for _, n := range []int{1, 2, 3, 4, 5, 3, 4, 6} {
		w.Write(Stdout, fmt.Appendf(nil, "%d\n", n), after(n))
	}
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Tail: -1}, "1 2 3 4 5 3 4 6"},
		{Query{Tail: -1, Since: after(4)}, "4 5 4 6"},
		{Query{Tail: -1, Until: after(3)}, "1 2 3 3"},
		{Query{Tail: -1, Since: after(2), Until: after(4)}, "2 3 4 3 4"},
		{Query{Tail: -1, Since: after(4).Add(1)}, "5 6"},
		{Query{Tail: -1, Since: after(7)}, ""},
		{Query{Tail: -1, Until: after(0)}, ""},
		{Query{Tail: 2, Until: after(3)}, "3 3"},
		{Query{Tail: 3, Since: after(4)}, "5 4 6"},
		{Query{Tail: 9, Since: after(4)}, "4 5 4 6"},
		{Query{Tail: 9}, "1 2 3 4 5 3 4 6"},
	} {
		lines := strings.ReplaceAll(strings.Join(got(t, dir, c.q), " "), "out:", "")
		if lines != c.want {
			t.Errorf("%+v: %s, and not %s", c.q, lines, c.want)
		}
	}
}

func TestTailCountsFullLines(t *testing.T) {
	out, err := stamp+" stdout ", stamp+" stderr "
	for _, c := range []struct {
		name  string
		lines []string
		tail  int
		want  []string
	}{
		{"none", []string{out + "F a", out + "F b", ""}, 0, nil},
		{"one", []string{out + "F a", out + "F b", ""}, 1, []string{"out:b"}},
		{"as many as there are", []string{out + "F a", out + "F b", ""}, 2, []string{"out:a", "out:b"}},
		{"more", []string{out + "F a", out + "F b", ""}, 3, []string{"out:a", "out:b"}},
		{"torn", []string{out + "F a", out + "F b", out + "F c"}, 1, []string{"out:b"}},
		{"torn, none", []string{out + "F a", out + "F b", out + "F c"}, 0, nil},
		{"empty lines", []string{out + "F ", out + "F ", out + "F ", ""}, 2, []string{"out:", "out:"}},
		{"parts", []string{out + "F a", out + "P b", out + "P c", out + "F d", ""}, 1, []string{"out:b+", "out:c+", "out:d"}},
		{"parts before", []string{out + "P a", out + "F b", out + "F c", ""}, 1, []string{"out:c"}},
		{"without end", []string{out + "F a", out + "P b", out + "P c", ""}, 1, []string{"out:b+", "out:c+"}},
		{"without end, two", []string{out + "F a", out + "P b", out + "P c", ""}, 2, []string{"out:a", "out:b+", "out:c+"}},
		{"streams", []string{out + "F a", out + "P b", err + "P c", out + "F d", err + "F e", ""}, 2, []string{"out:b+", "err:c+", "out:d", "err:e"}},
		{"streams without end", []string{out + "F a", out + "P b", err + "P c", ""}, 2, []string{"out:b+", "err:c+"}},
		{"rubbish", []string{out + "F a", "x", out + "F b", "x", "", "x"}, 1, []string{"out:b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, 0, c.lines...)
			want(t, got(t, dir, Query{Tail: c.tail}), c.want...)
			// The same, each line in a file of its own but for the last.
			dir = t.TempDir()
			last := len(c.lines) - 1
			put(t, dir, 0, c.lines[last])
			for i, line := range c.lines[:last] {
				put(t, dir, i+1, line, "")
			}
			want(t, got(t, dir, Query{Tail: c.tail}), c.want...)
		})
	}
}

func TestTailOfManyBlocks(t *testing.T) {
	const lines = 5000
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1 << 20, MaxFiles: 100})
	for i := range lines {
		w.Write(Stdout, fmt.Appendf(nil, "%d%s\n", i, strings.Repeat("x", i*7919%3000)), after(0))
	}
	everything := got(t, dir, all())
	if len(everything) != lines || len(names(t, dir)) < 7*len("ctr.log.1") {
		t.Fatalf("%d lines in %s", len(everything), names(t, dir))
	}
	for _, n := range []int{0, 1, 2, 10, 100, 999, 1000, 4999, 5000, 6000} {
		lines := got(t, dir, Query{Tail: n})
		want(t, lines, everything[max(0, len(everything)-n):]...)
	}
}

// A gigabyte takes a second to read, and longer where the disk is slow.
func TestTailDoesNotReadFromTheStart(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, 0)
	must(t, os.Truncate(path(dir, 0), 1<<38)) // a hole
	f, err := os.OpenFile(path(dir, 0), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	defer f.Close()
	for i := range 1000 {
		fmt.Fprintf(f, "\n%s stdout F %d", stamp, i)
	}
	fmt.Fprintln(f)
	start := time.Now()
	want(t, got(t, dir, Query{Tail: 2}), "out:998", "out:999")
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
}
