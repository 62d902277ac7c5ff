package logfile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTheFormatIsThatOfCRI(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	// The zone of the time must not be seen.
	w.Write(Stdout, []byte("one\ntwo\nthr"), after(0).In(time.FixedZone("there", 7200)))
	w.Write(Stderr, []byte("\n"), time.Date(2026, 11, 26, 12, 0, 1, 0, time.UTC))
	w.Write(Stdout, []byte("ee\nfour"), after(2))
	w.Flush(after(3))
	if got, want := content(t, dir, 0), `2026-11-26T12:00:00.123456789Z stdout F one
2026-11-26T12:00:00.123456789Z stdout F two
2026-11-26T12:00:01.000000000Z stderr F `+`
2026-11-26T12:00:02.123456789Z stdout F three
2026-11-26T12:00:03.123456789Z stdout P four
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if st, err := os.Stat(path(dir, 0)); err != nil || st.Mode() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

func TestTheLogIsNotWrittenThroughALink(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink(dir+"/other", path(dir, 0)))
	if w, err := Create(dir, Options{}); err == nil {
		_ = w.Close(after(0))
		t.Error("the log was opened")
	}
	if s := names(t, dir); s != "ctr.log" {
		t.Errorf("there is %s", s)
	}
}

// A prompt has no newline, and someone waits for it.
func TestAPromptIsSeenAfterAFlush(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.Write(Stdout, []byte("name? "), after(0))
	want(t, got(t, dir, all()))
	w.Flush(after(1))
	w.Flush(after(2)) // has nothing more
	want(t, got(t, dir, all()), "out:name? +")
	w.Write(Stdout, []byte("\n"), after(3))
	want(t, got(t, dir, all()), "out:name? +", "out:")
}

func TestCloseLogsWhatWaits(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.Write(Stdout, []byte("out"), after(0))
	w.Write(Stderr, []byte("err"), after(0))
	must(t, w.Close(after(1)))
	must(t, w.Close(after(2)))
	w.Write(Stdout, []byte("late\n"), after(3))
	w.Flush(after(3))
	want(t, got(t, dir, all()), "out:out+", "err:err+")
	if n, err := w.Lost(); n != 5 || err == nil {
		t.Errorf("lost %d, %v", n, err)
	}
}

func TestALongLineIsWrittenInParts(t *testing.T) {
	const most = 16 << 10
	for _, c := range []struct{ size, parts int }{{most - 1, 1}, {most, 1}, {most + 1, 2}, {2 * most, 2}, {2*most + 1, 3}} {
		for _, chunk := range []int{1 << 20, 1000, most, most + 1} {
			dir := t.TempDir()
			w := create(t, dir, Options{})
			text := bytes.Repeat([]byte{'x'}, c.size)
			for part := range slices.Chunk(append(text, '\n'), chunk) {
				w.Write(Stdout, part, after(0))
			}
			lines := got(t, dir, all())
			if len(lines) != c.parts || strings.HasSuffix(lines[len(lines)-1], "+") {
				t.Errorf("%d bytes in writes of %d are %d lines", c.size, chunk, len(lines))
			}
			out, _ := said(t, dir)
			equal(t, "a long line", out, append(text, '\n'))
		}
	}
}

func TestEveryByteComesBack(t *testing.T) {
	random := make([]byte, 200_000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	for name, text := range map[string][]byte{
		"nothing":       {},
		"one newline":   []byte("\n"),
		"newlines":      bytes.Repeat([]byte("\n"), 100_000),
		"NULs":          bytes.Repeat([]byte{0}, 100_000),
		"CR":            []byte("10%\r20%\r\r\n\r"),
		"invalid UTF-8": []byte("\xff\xfe\xc3(\n\xed\xa0\x80"),
		"no newline":    bytes.Repeat([]byte("0123456789abcdef"), 1<<16),
		"like a line":   []byte(stamp + " stdout F x\n" + stamp + " stdout P x\n"),
		"random":        random,
	} {
		for _, chunk := range []int{1 << 20, 32 << 10, 4096, 777} {
			dir := t.TempDir()
			w := create(t, dir, Options{MaxSize: 64 << 10, MaxFiles: 1000})
			w.Write(Stdout, nil, after(0))
			i := 0
			for part := range slices.Chunk(text, chunk) {
				w.Write(Stdout, part, after(0))
				w.Write(Stderr, part, after(0))
				if i++; i%3 == 0 {
					w.Flush(after(0))
				}
			}
			must(t, w.Close(after(0)))
			out, err := said(t, dir)
			equal(t, name, out, text)
			equal(t, name+" of stderr", err, text)
			if n, err := w.Lost(); n != 0 || err != nil {
				t.Errorf("%s: lost %d, %v", name, n, err)
			}
		}
	}
}

func TestLinesOfSeveralWritersStayWhole(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 32 << 10, MaxFiles: 1000})
	const writers, each = 8, 1000
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := range each {
				w.Write([]Stream{Stdout, Stderr}[n%2], fmt.Appendf(nil, "%d %d\n", n, i), after(0))
				w.Flush(after(0))
				w.Lost()
			}
		})
	}
	all.Wait()
	out, err := said(t, dir)
	next := [writers]int{}
	for line := range strings.Lines(string(out) + string(err)) {
		a, b, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(a)
		must(t, err)
		if b != strconv.Itoa(next[n]) {
			t.Fatalf("writer %d: %q instead of %d", n, line, next[n])
		}
		next[n]++
	}
	for n := range writers {
		if next[n] != each {
			t.Errorf("writer %d has %d lines", n, next[n])
		}
	}
}

// The process lives as long as its container, and there may be many of them.
func TestAWriterIsSmall(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1 << 30, MaxFiles: 1})
	held := func() int { return cap(w.buf) + cap(w.out.rest) + cap(w.err.rest) }
	for _, s := range []Stream{Stdout, Stderr} {
		w.Write(s, bytes.Repeat([]byte("x"), 1<<20), after(0))
		w.Write(s, bytes.Repeat([]byte("\n"), 100_000), after(0))
		w.Write(s, bytes.Repeat([]byte("x"), 16<<10), after(0))
	}
	if n := held(); n != 64<<10 {
		t.Errorf("%d bytes of buffers", n)
	}
	w.Flush(after(0)) // had writes before it
	if n := held(); n != 64<<10 {
		t.Errorf("%d bytes of buffers of a busy writer", n)
	}
	w.Flush(after(0))
	if n := held(); n != 0 {
		t.Errorf("%d bytes of buffers of an idle writer", n)
	}
	w.Write(Stdout, []byte("hello\nworld"), after(0))
	if n := held(); n != 8<<10 {
		t.Errorf("%d bytes of buffers for little output", n)
	}
	line := bytes.Repeat([]byte("some words of output\n"), 20)
	if n := testing.AllocsPerRun(1000, func() { w.Write(Stdout, line, after(0)) }); n != 0 {
		t.Errorf("%v allocations a write", n)
	}
}

// FuzzWriter holds a log to the bytes that went into it.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("hello\nworld"), []byte("\n\n"), uint16(1), uint16(4096))
	f.Add([]byte("\x00\r\xff\n"), []byte("prompt: "), uint16(3), uint16(100))
	f.Add(bytes.Repeat([]byte("x"), 40_000), bytes.Repeat([]byte("\n"), 3000), uint16(20_000), uint16(5000))
	f.Fuzz(func(t *testing.T, stdout, stderr []byte, chunk, size uint16) {
		dir := t.TempDir()
		w := create(t, dir, Options{MaxSize: 4096 + int64(size), MaxFiles: 1 << 30})
		for _, s := range []struct {
			name Stream
			text []byte
		}{{Stdout, stdout}, {Stderr, stderr}, {Stdout, stderr}} {
			for part := range slices.Chunk(s.text, int(chunk)+1) {
				w.Write(s.name, part, after(0))
				if part[0]%4 == 0 {
					w.Flush(after(0))
				}
			}
		}
		must(t, w.Close(after(0)))
		out, err := said(t, dir)
		equal(t, "stdout", out, slices.Concat(stdout, stderr))
		equal(t, "stderr", err, stderr)
	})
}
