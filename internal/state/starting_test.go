package state

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// Who looked at a container that was just being recorded had its lock for a moment, and the start failed.
func TestALookDoesNotDisturbAStart(t *testing.T) {
	d := dir(t)
	var id atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for id.Load() >= 0 {
				held(d.Of(strconv.Itoa(int(id.Load()))))
			}
		})
	}
	for i := range 300 {
		id.Store(int32(i))
		e, err := d.Add(Record{ID: strconv.Itoa(i)})
		if err != nil {
			t.Error(err)
			break
		}
		if !held(e.Dir()) {
			t.Error("a container that is recorded is said not to run")
		}
		e.Close()
	}
	id.Store(-1)
	wg.Wait()
	if got := files(t, d.path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
}
