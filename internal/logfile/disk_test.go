package logfile

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fill makes the disk full until the function that it returns is called.
func fill(t *testing.T, w *Writer) (free func()) {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	must(t, err)
	good := w.file
	w.file = f
	return func() {
		f.Close()
		w.file = good
	}
}

func lost(t *testing.T, w *Writer, want uint64, why error) {
	t.Helper()
	if n, err := w.Lost(); n != want || !errors.Is(err, why) {
		t.Errorf("lost %d bytes, %v", n, err)
	}
}

func TestAFullDiskIsToldWhenItHasRoomAgain(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1 << 20, MaxFiles: 3})
	w.Write(Stdout, []byte("one\n"), after(0))
	free := fill(t, w)
	w.Write(Stdout, []byte("two\nthree\n"), after(1))
	w.Write(Stderr, []byte("\n"), after(1))
	w.Write(Stdout, []byte("fo"), after(1))
	lost(t, w, 11, unix.ENOSPC)
	free()
	w.Write(Stdout, []byte("ur\n"), after(2))
	w.Write(Stdout, []byte("five\n"), after(2))
	want(t, got(t, dir, all()), "out:one", "err:urun: 11 bytes of output were lost: no space left on device", "out:four", "out:five")
	lost(t, w, 11, unix.ENOSPC)

	defer fill(t, w)()
	w.Write(Stdout, make([]byte, 100_000), after(3))
	w.Flush(after(3))
	lost(t, w, 100_011, unix.ENOSPC)
}

func TestAFullDiskRotatesNoEmptyFile(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 100})
	free := fill(t, w)
	for range 10 {
		w.Write(Stdout, []byte(strings.Repeat(strings.Repeat("x", 400)+"\n", 10)), after(0))
	}
	free()
	if s := names(t, dir); s != "ctr.log" {
		t.Errorf("there are %s", s)
	}
}

func TestCloseTellsWhatWasLost(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	free := fill(t, w)
	w.Write(Stdout, []byte("one\n"), after(0))
	free()
	must(t, w.Close(after(0)))
	want(t, got(t, dir, all()), "err:urun: 4 bytes of output were lost: no space left on device")
}

// What comes after a loss must not be joined to the beginning of a line that lost its end.
func TestALineWhoseEndWasLostEnds(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.Write(Stdout, []byte("be"), after(0))
	w.Write(Stderr, []byte("whole\n"), after(0))
	w.Flush(after(0))
	free := fill(t, w)
	w.Write(Stdout, []byte("ginning\n"), after(1))
	free()
	w.Write(Stdout, []byte("next\n"), after(2))
	want(t, got(t, dir, all()), "err:whole", "out:be+", "out:", "err:urun: 8 bytes of output were lost: no space left on device", "out:next")
}

// limit lets files grow to so many bytes, until the function that it returns is called.
func limit(t *testing.T, size int) (lift func()) {
	t.Helper()
	var old unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_FSIZE, &old))
	signal.Ignore(syscall.SIGXFSZ)
	must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(size), Max: old.Max}))
	return func() {
		must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &old))
		signal.Reset(syscall.SIGXFSZ)
	}
}

func TestOfAShortWriteWholeLinesStay(t *testing.T) {
	const said = "err:urun: 16 bytes of output were lost: file too large"
	one := overhead + len("one ")
	for _, c := range []struct {
		name string
		room int
		want []string
		lost uint64
	}{
		{"nothing", 0, []string{"out:end"}, 16},
		{"half a line", one / 2, []string{"out:end"}, 16},
		{"a line", one, []string{"out:one ", "out:end"}, 11},
		{"a line and a half", one + one/2, []string{"out:one ", "out:end"}, 11},
		{"all but a newline", 3 * one, []string{"out:one ", "out:two ", "out:end"}, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			w := create(t, dir, Options{})
			w.Write(Stdout, []byte("begin\n"), after(0))
			lift := limit(t, int(w.size)+c.room)
			w.Write(Stdout, []byte("one \ntwo \nthree\n"), after(0))
			w.Write(Stdout, nil, after(0))
			lift()
			lost(t, w, c.lost, unix.EFBIG)
			if n := len(content(t, dir, 0)); int64(n) != w.size {
				t.Errorf("the file has %d bytes, and the writer says %d", n, w.size)
			}
			w.Write(Stdout, []byte("end\n"), after(1))
			lines := append([]string{"out:begin"}, c.want[:len(c.want)-1]...)
			lines = append(lines, strings.Replace(said, "16", fmt.Sprint(c.lost), 1), "out:end")
			want(t, got(t, dir, all()), lines...)
		})
	}
}

func TestATornLineThatStaysGarblesNoOther(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	good := w.file
	fd, err := unix.MemfdCreate("log", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	must(t, err)
	w.file = os.NewFile(uintptr(fd), "memfd")
	defer func() { w.file.Close(); w.file = good }()
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK) // so that it cannot be taken back
	must(t, err)
	lift := limit(t, 10)
	w.Write(Stdout, []byte("one\n"), after(0))
	lift()
	w.Write(Stdout, []byte("two\n"), after(1))
	b := make([]byte, w.size+1)
	n, _ := w.file.ReadAt(b, 0)
	if got, want := string(b[:n]), stamp[:10]+`
2026-11-26T12:00:01.123456789Z stderr F urun: 4 bytes of output were lost: file too large
2026-11-26T12:00:01.123456789Z stdout F two
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A crash of the machine leaves anything at the end of the file.
func TestAnEarlierLogIsContinued(t *testing.T) {
	for tail, lines := range map[string][]string{
		"":                             {"out:old", "out:new"},
		stamp + " stdout F older\n":    {"out:old", "out:older", "out:new"},
		stamp:                          {"out:old", "out:new"},
		strings.Repeat("\x00", 100):    {"out:old", "out:new"},
		strings.Repeat("\x00", 70<<10): {"out:old", "out:new"},
	} {
		dir := t.TempDir()
		put(t, dir, 0, stamp+" stdout F old", tail)
		w := create(t, dir, Options{})
		w.Write(Stdout, []byte("new\n"), after(0))
		want(t, got(t, dir, all()), lines...)
	}
}
