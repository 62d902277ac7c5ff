package state

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Without a descriptor left nothing can be told from nothing: records were taken for those of the dead, and what ran was killed.
func TestWhatCannotBeOpenedIsNotTakenForDead(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "live"})
	dead(t, d, "kept", `{"id":"kept","life":{"started":"2026-01-02T03:04:05Z"},"wishes":{"keep":true}}`)
	var was unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next, err := unix.Dup(0)
	must(t, err)
	must(t, unix.Close(next))
	none := unix.Rlimit{Cur: uint64(next), Max: was.Max}
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	live, kept := d.one("live"), d.one("kept")
	locked := held(d.path + "/kept")
	_, wrong := load(d.path + "/kept")
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	if !locked || !short(wrong) {
		t.Errorf("its lock is held: %v; its record: %v", locked, wrong)
	}
	for _, f := range []found{live, kept} {
		if !f.Alive || f.spoilt || f.Keep {
			t.Errorf("got %+v", f)
		}
	}
	if live, kept = d.one("live"), d.one("kept"); !live.Alive || kept.Alive || !kept.Keep {
		t.Errorf("with descriptors: %+v and %+v", live, kept)
	}
}
