package cgroup2

import (
	"testing"
	"time"
)

// The first to use a bus that is started on demand, after a login say, is there before systemd is. It was told that there
// is none.
func TestMakeWaitsForASystemdThatIsStillComing(t *testing.T) {
	sealed(t)
	address, _ := bus(t, "")
	s := dialled(t, address)
	s.host.Booted = true
	result := make(chan error, 1)
	ctx := within(t, 20*time.Second)
	go func() {
		_, err := s.Make(ctx, request())
		result <- err
	}()
	time.Sleep(300 * time.Millisecond)
	systemd(t, address, (*fake).done)
	err := <-result
	if !begun(err) {
		t.Errorf("got %v", err)
	}
}
