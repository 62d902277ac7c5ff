package state

import (
	"errors"
	"sync"
	"testing"
)

func TestManyWaitForOne(t *testing.T) {
	d := dir(t)
	p := running(t, d, "a", "web")
	var wg sync.WaitGroup
	for range 50 {
		w := waiter(t, d, "a")
		wg.Go(func() {
			if got, err := w.Await(soon(t)); err != nil || got != status {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
	for range 50 {
		list, err := d.List(func(r Record) { t.Errorf("%+v was collected", r) })
		if err != nil || len(list) != 1 || !list[0].Alive {
			t.Fatalf("got %+v, %v", list, err)
		}
		var taken *TakenError
		if _, err := d.Add(Record{ID: "b", Name: "web"}); !errors.As(err, &taken) || taken.Ended {
			t.Fatalf("got %v", err)
		}
	}
	p.end(t)
	add(t, d, Record{ID: "b", Name: "web"})
	wg.Wait()
}

// Who looks whether a container has ended shares its lock for a moment, and must not be taken for its urun.
func TestWhoWaitsHoldsNothing(t *testing.T) {
	d := dir(t)
	kept(t, d, Record{ID: "a", Name: "web"}, 0)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		w := waiter(t, d, "a")
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if !w.Ended() { // nor by another one that looks
					t.Error("it has ended, and is said to run")
					return
				}
			}
		})
	}
	for range 2000 {
		if d.one("a").Alive {
			t.Error("it has ended, and is said to run")
			break
		}
	}
	close(stop)
	wg.Wait()
}
