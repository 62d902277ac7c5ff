package cgroup2

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestFreezingWaitsUntilAllStandStill(t *testing.T) {
	g := group(t, map[string]string{"cgroup.events": "populated 1\nfrozen 0\n", "cgroup.freeze": "0"})
	time.AfterFunc(30*time.Millisecond, func() { _ = os.WriteFile(g.Path+"/cgroup.events", []byte("populated 1\nfrozen 1\n"), 0o644) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	must(t, g.Freeze(ctx, true))
	if got, err := g.Read("cgroup.freeze"); err != nil || got != "1" || !g.Frozen() || !g.Populated() {
		t.Errorf("got %q, %v", got, err)
	}
}

// A container that was half frozen when the time was up must not stay so.
func TestFreezingIsUndoneWhenTheTimeIsUp(t *testing.T) {
	g := group(t, map[string]string{"cgroup.events": "frozen 0\n", "cgroup.freeze": "0"})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := g.Freeze(ctx, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got, _ := g.Read("cgroup.freeze"); got != "0" {
		t.Errorf("cgroup.freeze is %q", got)
	}
}
