package state

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"
)

// waiter waits for the container, which there is.
func waiter(t *testing.T, d *Dir, id string) *Waiter {
	t.Helper()
	w, err := d.Wait(id)
	must(t, err)
	t.Cleanup(w.Close)
	return w
}

// soon ends a wait that hangs.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// running is a process that holds a record: a container that runs.
func running(t *testing.T, d *Dir, id, name string) *process {
	t.Helper()
	p := holder(t, d.path, id, name, "022")
	p.start(t)
	if got := p.answer(t); got != "added" {
		t.Fatal(got)
	}
	return p
}

func TestWhoWaitsIsToldTheStatusOfWhatIsRemovedAtOnce(t *testing.T) {
	d := dir(t)
	p := running(t, d, "a", "web")
	w := waiter(t, d, "a")
	if w.Ended() {
		t.Error("it has ended before it has")
	}
	p.end(t)
	if got := files(t, d.path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
	for range 2 {
		if got, err := w.Await(soon(t)); err != nil || got != status || !w.Ended() {
			t.Errorf("got %d, %v", got, err)
		}
	}
	if _, err := d.Wait("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestWhoWaitsIsToldTheStatusOfWhatIsKept(t *testing.T) {
	for _, want := range []int{0, 1, 125, 137, 255} {
		d := dir(t)
		kept(t, d, Record{ID: "a"}, want)
		if got, err := waiter(t, d, "a").Await(soon(t)); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
}

func TestNobodyKnowsHowAContainerOfAKilledUrunEnded(t *testing.T) {
	d := dir(t)
	p := running(t, d, "a", "web")
	w := waiter(t, d, "a")
	must(t, p.Process.Kill())
	_ = p.Wait()
	if got, err := w.Await(soon(t)); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestAWaitCanBeGivenUp(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: "a"})
	w := waiter(t, d, "a")
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(soon(t))
	time.AfterFunc(20*time.Millisecond, func() { cancel(enough) })
	if got, err := w.Await(ctx); !errors.Is(err, enough) {
		t.Errorf("got %d, %v", got, err)
	}
	if w.Ended() {
		t.Error("what was waited for has ended")
	}
	e.End(5) // and what has ended is told to who does not want to wait
	e.Leave()
	if got, err := w.Await(ctx); err != nil || got != 5 {
		t.Errorf("got %d, %v", got, err)
	}
}
