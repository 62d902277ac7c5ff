package state

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A container is found by its name, its id or the beginning of that without a look at the records of others.
func TestFindReadsNoOtherRecord(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "abc", Name: "web"})
	add(t, d, Record{ID: "abd"})
	dead(t, d, "gone", `{"id":"gone"}`)
	none := func(r Record) { t.Errorf("%s was collected", r.ID) }
	for name, want := range map[string]string{"web": "abc", "abc": "abc", "abd": "abd"} {
		if r, err := d.Find(name, none); err != nil || r.ID != want || !r.Alive {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
	collected := ""
	if _, err := d.Find("ab", func(r Record) { collected += r.ID }); err == nil || !strings.Contains(err.Error(), "2 containers") || collected != "gone" {
		t.Errorf("got %v, collected %q", err, collected)
	}
}

// What a link of a name leads to is not believed without a record that says the same.
func TestALinkIsNoName(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a", Name: "web"})
	for name, to := range map[string]string{"other": "a", "up": "../a", "none": "nobody", "self": "name.self"} {
		must(t, os.Symlink(to, d.link(name)))
	}
	for _, name := range []string{"other", "up", "none", "self", "../web", "a/", "", "web\x00"} {
		if r, err := d.Find(name, nil); err == nil {
			t.Errorf("%q is %+v", name, r)
		}
	}
	for _, name := range []string{"other", "up", "none", "self"} { // and may be taken
		add(t, d, Record{ID: "id-" + name, Name: name})
	}
}

func TestStaleNames(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a", Name: "web"})
	kept(t, d, Record{ID: "b", Name: "db"}, 0)
	dead(t, d, "c", `{"id":"c","name":"old"}`)
	must(t, os.Symlink("c", d.link("old")))
	for name, want := range map[string]bool{"web": false, "db": false, "old": true, "new": false, "": false} {
		if got := d.Stale(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}

// A sweep is for the dead: it leaves the living and the kept alone. Where there are many, the next one comes later.
func TestSweep(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a"})
	kept(t, d, Record{ID: "b"}, 0)
	collected := ""
	collect := func(r Record) { collected += r.ID }
	if !d.Due() || !d.Due() {
		t.Error("where there are few, a sweep is always due")
	}
	must(t, d.Sweep(collect))
	if collected != "" {
		t.Errorf("collected %s", collected)
	}
	for i := range few {
		must(t, os.WriteFile(filepath.Join(d.path, "many"+strconv.Itoa(i)), nil, 0o600))
	}
	if !d.Due() || d.Due() {
		t.Error("where there are many, a sweep is due when none was, and not at once again")
	}
	for _, age := range []time.Duration{-time.Hour, time.Hour} { // a clock that was set back, too
		dead(t, d, "c", `{"id":"c"}`)
		must(t, os.Chtimes(filepath.Join(d.path, swept), time.Time{}, time.Now().Add(age)))
		if !d.Due() {
			t.Errorf("none is due after %v", age)
		}
		must(t, d.Sweep(collect))
	}
	if collected != "cc" {
		t.Errorf("collected %s", collected)
	}
	if got := files(t, d.path); !strings.HasPrefix(got, "a b lock many") {
		t.Errorf("the directory has %s", got)
	}
}
