package logfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// follower reads a log in the background.
type follower struct {
	lines chan string
	end   chan error
	over  atomic.Bool
	stop  context.CancelFunc
}

// watchers are the ways to wait; the other one is that of a user who may have no more inotify instances.
func watchers(t *testing.T, test func(t *testing.T, watch func(string) watcher)) {
	t.Run("inotify", func(t *testing.T) {
		test(t, func(dir string) watcher {
			w := watch(dir)
			if w.fd < 0 {
				t.Error("there is no inotify")
			}
			return w
		})
	})
	t.Run("polling", func(t *testing.T) {
		test(t, func(string) watcher { return watcher{-1} })
	})
}

func follow(t *testing.T, dir string, q Query, watch func(string) watcher) *follower {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	f := &follower{lines: make(chan string, 100_000), end: make(chan error, 1), stop: stop}
	q.Follow = true
	w := watch(dir)
	go func() {
		defer w.close()
		f.end <- read(ctx, dir, q, f.over.Load, func(l Line) error { f.lines <- short(l); return nil }, w)
		close(f.lines)
	}()
	t.Cleanup(func() {
		stop()
		for range f.lines { // until it has closed its files
		}
	})
	return f
}

// next waits for the next line.
func (f *follower) next(t *testing.T) string {
	t.Helper()
	select {
	case line, ok := <-f.lines:
		if !ok {
			return "the end"
		}
		return line
	case <-time.After(30 * time.Second):
		t.Fatal("no line came")
		return ""
	}
}

func (f *follower) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.end:
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
		return nil
	}
}

func TestAFollowerSeesWhatComes(t *testing.T) {
	watchers(t, func(t *testing.T, watch func(string) watcher) {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		w.Write(Stdout, []byte("0\n1\n2\n"), after(0))
		f := follow(t, dir, Query{Tail: 1}, watch)
		want(t, []string{f.next(t)}, "out:2")
		w.Write(Stdout, []byte("3\npro"), after(0))
		w.Flush(after(0))
		want(t, []string{f.next(t), f.next(t)}, "out:3", "out:pro+")
		w.Write(Stdout, []byte("mpt\n"), after(0))
		want(t, []string{f.next(t)}, "out:mpt")
		w.Write(Stdout, []byte("last\n"), after(0))
		f.over.Store(true)
		want(t, []string{f.next(t), f.next(t)}, "out:last", "the end")
		if err := f.ended(t); err != nil {
			t.Error(err)
		}
	})
}

func TestAFollowerWaitsForTheFirstFile(t *testing.T) {
	watchers(t, func(t *testing.T, watch func(string) watcher) {
		dir := t.TempDir()
		f := follow(t, dir, all(), watch)
		time.Sleep(10 * time.Millisecond)
		create(t, dir, Options{}).Write(Stdout, []byte("first\n"), after(0))
		want(t, []string{f.next(t)}, "out:first")
	})
}

func TestAFollowerEndsWithItsContext(t *testing.T) {
	watchers(t, func(t *testing.T, watch func(string) watcher) {
		dir := t.TempDir()
		create(t, dir, Options{})
		f := follow(t, dir, all(), watch)
		f.stop()
		if err := f.ended(t); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestAFollowerEndsWhenItsTimeIsPast(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.Write(Stdout, []byte("one\n"), time.Now())
	f := follow(t, dir, Query{Tail: -1, Until: time.Now().Add(300 * time.Millisecond)}, watch)
	want(t, []string{f.next(t), f.next(t)}, "out:one", "the end")
	if err := f.ended(t); err != nil {
		t.Error(err)
	}
}

func TestAFollowerOutlivesTheLog(t *testing.T) {
	dir := t.TempDir() + "/log"
	must(t, os.Mkdir(dir, 0o700))
	w := create(t, dir, Options{})
	w.Write(Stdout, []byte("one\n"), after(0))
	f := follow(t, dir, all(), watch)
	want(t, []string{f.next(t)}, "out:one")
	w.Write(Stdout, []byte("two\n"), after(0))
	must(t, Remove(dir))
	f.over.Store(true)
	want(t, []string{f.next(t), f.next(t)}, "out:two", "the end")
	if err := f.ended(t); err != nil {
		t.Error(err)
	}
}

// Else it would take the older files for what came after.
func TestAFollowerOfARemovedFileReadsNoOther(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, 1, stamp+" stdout F 1", "")
	put(t, dir, 0, stamp+" stdout F 2", "")
	f := follow(t, dir, all(), watch)
	want(t, []string{f.next(t), f.next(t)}, "out:1", "out:2")
	must(t, os.Remove(path(dir, 0)))
	time.Sleep(20 * time.Millisecond)
	f.over.Store(true)
	want(t, []string{f.next(t)}, "the end")
}

// descriptors are those that this package may have opened.
func descriptors() (list []string) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err == nil && (strings.Contains(to, "ctr.log") || strings.Contains(to, "inotify")) {
			list = append(list, to)
		}
	}
	return list
}

func TestEveryFileIsClosed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes what was forgotten
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 200, MaxFiles: 10})
	before := descriptors()
	check := func(what string) {
		t.Helper()
		if after := descriptors(); len(after) != len(before) {
			t.Errorf("%s: open were %q and are %q", what, before, after)
		}
	}
	n := 0
	over := func() bool {
		n++
		w.Write(Stdout, fmt.Appendf(nil, "%d\n", n), after(0))
		return n > 100
	}
	lines := 0
	must(t, Read(context.Background(), dir, Query{Tail: -1, Follow: true}, over, func(Line) error { lines++; return nil }))
	if lines != n {
		t.Errorf("%d lines of %d", lines, n)
	}
	check("follow")
	for _, tail := range []int{-1, 0, 1, 10, 100} {
		got(t, dir, Query{Tail: tail})
	}
	check("tail")
	_ = Read(context.Background(), dir, all(), nil, func(Line) error { return os.ErrInvalid })
	check("an error")
	must(t, os.Symlink("nowhere", path(dir, 1000)))
	if err := Read(context.Background(), dir, all(), nil, nil); err == nil {
		t.Error("a link was read")
	}
	check("a link")
}

// A follower that kept what it read of a torn line would join it to what is written in its place.
func TestAFollowerReadsATornLineAgain(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, 0, stamp+" stdout F 1", stamp+" stdout F torn")
	f := follow(t, dir, all(), watch)
	want(t, []string{f.next(t)}, "out:1")
	time.Sleep(20 * time.Millisecond)
	file, err := os.OpenFile(path(dir, 0), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	defer file.Close()
	must(t, file.Truncate(int64(len(stamp+" stdout F 1\n"))))
	fmt.Fprintf(file, "%s stderr F other\n", stamp)
	want(t, []string{f.next(t)}, "err:other")
}

// No line may be lost or come twice, however the rotations and the follower meet.
func TestAFollowerSurvivesRotation(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     Options
		lines int
		ahead int // by how many lines the writer may be; 0: as it likes
	}{
		{"all files are kept", Options{MaxSize: 4096, MaxFiles: 1000}, 10_000, 0},
		{"one file is kept", Options{MaxSize: 4096, MaxFiles: 1}, 10_000, 30},
		{"a file for each line", Options{MaxSize: 10, MaxFiles: 3}, 2000, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			w := create(t, dir, c.o)
			f := follow(t, dir, all(), watch)
			next := 0
			see := func() {
				if line := f.next(t); line != fmt.Sprintf("out:%d", next) {
					t.Fatalf("got %q instead of %d", line, next)
				}
				next++
			}
			for i := range c.lines {
				w.Write(Stdout, fmt.Appendf(nil, "%d\n", i), after(0))
				for c.ahead > 0 && next <= i-c.ahead {
					see()
				}
			}
			f.over.Store(true)
			for next < c.lines {
				see()
			}
			if line := f.next(t); line != "the end" {
				t.Errorf("then came %q", line)
			}
			if lines := got(t, dir, all()); c.o.MaxFiles < 1000 && len(lines) > c.lines/10 {
				t.Errorf("%d lines are left, so there was no rotation", len(lines))
			}
		})
	}
}

// Readers that start at any moment see a log without a gap.
func TestAReaderDuringRotationsSeesNoGap(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 50})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20_000 {
			w.Write(Stdout, fmt.Appendf(nil, "%d\n", i), after(0))
		}
	}()
	for reads := 0; ; reads++ {
		lines := got(t, dir, all())
		for i := range len(lines) - 1 {
			var a, b int
			_, err := fmt.Sscanf(lines[i]+" "+lines[i+1], "out:%d out:%d", &a, &b)
			must(t, err)
			if b != a+1 {
				t.Fatalf("%q comes after %q", lines[i+1], lines[i])
			}
		}
		select {
		case <-done:
			t.Logf("%d reads", reads)
			return
		default:
		}
	}
}
