package attach

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

func TestInputOfBothArrivesOneFrameAtATime(t *testing.T) {
	var inside, ends atomic.Int32
	got := map[byte]string{} // by the first byte of each frame; Input is not called twice at a time
	h, dir := hub(t, func(h *Hub) {
		h.Input = func(p []byte) error {
			if inside.Add(1) != 1 {
				t.Error("two at a time")
			}
			got[p[0]] += string(p)
			inside.Add(-1)
			return errors.New("which is not the client's fault")
		}
		h.InputEnd = func() {
			if inside.Load() != 0 {
				t.Error("the end came beside input")
			}
			ends.Add(1)
		}
	})
	want := map[byte]string{}
	for _, who := range []byte("ab") {
		c := join(t, dir)
		for i := range 500 {
			want[who] += fmt.Sprintf("%c%d", who, i)
		}
		go func() {
			for i := range 500 {
				_ = c.Send(fmt.Appendf(nil, "%c%d", who, i))
			}
			_ = c.Send(nil)
			_ = c.SendEnd()
		}()
	}
	eventually(t, "both ended", func() bool { return ends.Load() == 2 })
	h.in.Lock()
	defer h.in.Unlock()
	for who := range want {
		if got[who] != want[who] {
			t.Errorf("%c: got %.40s...", who, got[who])
		}
	}
}

func TestLongInputIsSplit(t *testing.T) {
	var got []byte
	end := make(chan bool)
	_, dir := hub(t, func(h *Hub) {
		h.Input = func(p []byte) error {
			got = append(got, p...)
			return nil
		}
		h.InputEnd = func() { close(end) }
	})
	c, p := join(t, dir), pattern(5*bodyMax+1)
	must(t, c.Send(p))
	must(t, c.SendEnd())
	wait(t, end)
	if !bytes.Equal(got, p) {
		t.Errorf("%d bytes came for %d, or others", len(got), len(p))
	}
}

func TestResizeAndOutputDoNotWaitForInput(t *testing.T) {
	let, begun, size := make(chan bool), make(chan bool), make(chan [2]uint16, 1)
	h, dir := hub(t, func(h *Hub) {
		h.Input = func([]byte) error {
			close(begun)
			<-let
			return nil
		}
		h.Resize = func(rows, cols uint16) { size <- [2]uint16{rows, cols} }
	})
	defer close(let)
	a, b := join(t, dir), join(t, dir)
	must(t, a.Send([]byte("x")))
	wait(t, begun)
	must(t, b.Resize(24, 300))
	if got := wait(t, size); got != [2]uint16{24, 300} {
		t.Errorf("got %v", got)
	}
	h.Output(Stdout, []byte("y"))
	if e, err := a.Receive(); err != nil || string(e.Data) != "y" {
		t.Errorf("got %v, %v", e, err)
	}
}

// Output that finds a client gone must not throw away what it typed before it went.
func TestTheLastInputOfAClientArrives(t *testing.T) {
	let, begun, end := make(chan bool), make(chan bool, 1), make(chan bool)
	got := ""
	h, dir := hub(t, func(h *Hub) {
		h.Input = func(p []byte) error {
			select {
			case begun <- true:
			default:
			}
			<-let
			got += string(p)
			return nil
		}
		h.InputEnd = func() { close(end) }
	})
	c := join(t, dir)
	for range 100 {
		must(t, c.Send([]byte("abc")))
	}
	must(t, c.SendEnd())
	wait(t, begun)
	c.Close()
	h.Output(Stdout, []byte("anything"))
	if n := len(h.attached()); n != 0 {
		t.Errorf("%d clients are attached", n)
	}
	close(let)
	wait(t, end)
	if got != strings.Repeat("abc", 100) {
		t.Errorf("got %d bytes", len(got))
	}
}
