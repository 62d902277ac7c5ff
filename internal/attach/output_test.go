package attach

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestClientsGetTheSameInOrder(t *testing.T) {
	h, dir := hub(t, nil)
	a, b := collect(join(t, dir)), collect(join(t, dir))
	for range 100 {
		h.Output(Stdout, []byte("to out\n"))
		h.Output(Stderr, []byte("to err\n"))
	}
	h.End(137)
	for _, c := range []<-chan heard{a, b} {
		got := wait(t, c)
		whole(t, got, bytes.Repeat([]byte("to out\n"), 100), 137)
		if want := strings.Repeat("oe", 100) + "x"; string(got.order) != want || len(got.err) != 700 {
			t.Errorf("got %s, %d bytes of errors", got.order, len(got.err))
		}
	}
}

func TestLongOutputIsSplit(t *testing.T) {
	h, dir := hub(t, nil)
	c := collect(join(t, dir))
	p := pattern(3*bodyMax + 17)
	h.Output(Stdout, p)
	h.Output(Stdout, nil)
	h.End(-1)
	got := wait(t, c)
	whole(t, got, p, -1)
	if string(got.order) != "oooox" {
		t.Errorf("it came as %s", got.order)
	}
}

func TestTwoStreamsAtOnce(t *testing.T) {
	h, dir := hub(t, nil)
	c := collect(join(t, dir))
	p := pattern(1 << 20)
	done := make(chan bool)
	for _, stream := range []byte{Stdout, Stderr} {
		go func() {
			for b := p; len(b) > 0; b = b[8192:] {
				h.Output(stream, b[:8192])
			}
			done <- true
		}()
	}
	wait(t, done)
	wait(t, done)
	h.End(0)
	got := wait(t, c)
	whole(t, got, p, 0)
	if !bytes.Equal(got.err, p) {
		t.Error("the second stream is another")
	}
}

func TestNobodyAttachedCostsNothing(t *testing.T) {
	before, files := runtime.NumGoroutine(), open(t)
	h, _ := hub(t, nil)
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines became %d", before, n)
	}
	if n := open(t); n > files+3 { // two of them are the poller's
		t.Errorf("%d descriptors became %d", files, n)
	}
	p := make([]byte, 100<<10)
	if n := testing.AllocsPerRun(100, func() { h.Output(Stdout, p) }); n != 0 {
		t.Errorf("an output allocates %v times", n)
	}
}

func TestASlowClientIsDroppedAlone(t *testing.T) {
	h, dir := hub(t, func(h *Hub) { h.patience = 300 * time.Millisecond })
	slow, quick := join(t, dir), collect(join(t, dir))
	p := pattern(4 << 20)
	for b := p; len(b) > 0; b = b[32<<10:] {
		h.Output(Stdout, b[:32<<10])
	}
	if n := len(h.attached()); n != 1 {
		t.Errorf("%d clients are attached", n)
	}
	h.End(3)
	whole(t, wait(t, quick), p, 3)
	got := wait(t, collect(slow))
	if !errors.Is(got.end, ErrLost) || !bytes.HasPrefix(p, got.out) || len(got.out) == 0 {
		t.Errorf("the slow one heard %d bytes, then %v", len(got.out), got.end)
	}
}

func TestManySlowClientsCostNoMoreTimeThanOne(t *testing.T) {
	h, dir := hub(t, func(h *Hub) { h.patience = time.Second })
	for range 20 {
		join(t, dir)
	}
	start := time.Now()
	h.Output(Stdout, pattern(4<<20))
	if d := time.Since(start); d > 12*time.Second {
		t.Errorf("they took %v", d)
	}
	if n := len(h.attached()); n != 0 {
		t.Errorf("%d clients are attached", n)
	}
}

// The poller alone would take a client for dead that reads less than three quarters of the buffer.
func TestALittleRoomIsProgress(t *testing.T) {
	h, dir := hub(t, nil)
	c := raw(t, dir)
	eventually(t, "attached", func() bool { return len(h.attached()) == 1 })
	g := h.attached()[0]
	past := func(g *guest) { _ = g.conn.SetWriteDeadline(time.Unix(1, 0)) }
	var err error
	for err == nil {
		err = g.send(Stdout, pattern(bodyMax), past)
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 100))
	must(t, err)
	if _, err := g.step([][]byte{{1}}); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("part of a piece made room: %v", err)
	}
	for n := 0; n < bodyMax; {
		m, err := c.Read(make([]byte, bodyMax-n))
		must(t, err)
		n += m
	}
	if n, err := g.step([][]byte{{1}}); n != 1 || err != nil {
		t.Errorf("a piece made no room: %v", err)
	}
}

func TestLongPaths(t *testing.T) {
	unleaked(t)
	dir := filepath.Join(t.TempDir(), strings.Repeat("a", 200), strings.Repeat("b", 200))
	must(t, os.MkdirAll(dir, 0o700))
	h, err := Listen(dir)
	must(t, err)
	h.Serve()
	st, err := os.Stat(filepath.Join(dir, "attach"))
	must(t, err)
	if st.Mode() != os.ModeSocket|0o600 {
		t.Errorf("its mode is %v", st.Mode())
	}
	c := collect(join(t, dir))
	h.Output(Stdout, []byte("hello"))
	h.End(1)
	whole(t, wait(t, c), []byte("hello"), 1)
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("it left %v", list)
	}
}
