package attach

import (
	"errors"
	"testing"
	"time"
)

func TestEndComesAfterTheOutput(t *testing.T) {
	for _, status := range []int{0, 1, 255, -1} {
		h, dir := hub(t, nil)
		c := join(t, dir)
		p := pattern(100 << 10) // the kernel has room for it: End does not wait for a reader
		h.Output(Stdout, p)
		h.End(status)
		whole(t, wait(t, collect(c)), p, status)
	}
}

func TestNobodyComesInAfterEnd(t *testing.T) {
	h, dir := hub(t, nil)
	h.End(0)
	if _, err := Dial(dir); !errors.Is(err, ErrNobody) {
		t.Errorf("got %v", err)
	}
	h.Output(Stdout, []byte("late"))
	h.End(1)
}

// A client that connects while the container ends hears the status or that there is nobody, and never waits.
func TestAttachingWhileItEnds(t *testing.T) {
	for range 100 {
		h, dir := hub(t, nil)
		done := make(chan error, 1)
		go func() {
			c, err := Dial(dir)
			if err == nil {
				defer c.Close()
				var e Event
				if e, err = c.Receive(); err == nil && e.Kind != Exit {
					err = errors.New("no exit")
				}
			}
			done <- err
		}()
		h.End(0)
		if err := wait(t, done); err != nil && !errors.Is(err, ErrNobody) {
			t.Fatal(err)
		}
	}
}

func TestEndDoesNotWaitForASlowClient(t *testing.T) {
	h, dir := hub(t, func(h *Hub) { h.patience = time.Hour })
	join(t, dir)
	quick := collect(join(t, dir))
	output, ended := make(chan bool), make(chan bool)
	p := pattern(1 << 20)
	go func() {
		h.Output(Stdout, p)
		close(output)
	}()
	time.Sleep(200 * time.Millisecond) // most often it waits by now
	go func() {
		h.End(9)
		close(ended)
	}()
	wait(t, output)
	wait(t, ended)
	whole(t, wait(t, quick), p, 9)
}

func TestEndDoesNotWaitForInput(t *testing.T) {
	let, begun, ended := make(chan bool), make(chan bool), make(chan bool)
	h, dir := hub(t, func(h *Hub) {
		h.Input = func([]byte) error {
			close(begun)
			<-let
			return nil
		}
	})
	c := join(t, dir)
	must(t, c.Send([]byte("x")))
	wait(t, begun)
	go func() {
		h.End(4)
		close(ended)
	}()
	wait(t, ended)
	whole(t, wait(t, collect(c)), nil, 4)
	close(let)
}

// One that was accepted before End, and looked at after it, would never hear the status.
func TestEndBetweenAcceptAndAdmission(t *testing.T) {
	unleaked(t)
	dir := t.TempDir()
	h, err := Listen(dir)
	must(t, err)
	c := raw(t, dir)
	conn, err := h.listener.AcceptUnix()
	must(t, err)
	h.End(0)
	h.admit(conn)
	must(t, c.SetReadDeadline(time.Now().Add(hang)))
	if _, err := c.Read(make([]byte, 1)); !gone(err) {
		t.Errorf("it got %v", err)
	}
	c.Close()
}

// End alone is how a supervisor gives up that never served.
func TestEndWithoutServe(t *testing.T) {
	unleaked(t)
	dir := t.TempDir()
	h, err := Listen(dir)
	must(t, err)
	c := raw(t, dir)
	h.End(0)
	if _, err := c.Read(make([]byte, 1)); !gone(err) {
		t.Errorf("the waiting client got %v", err)
	}
	c.Close()
	h.Serve() // whose goroutine ends at once
}
