package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestAddRefusesNamesOfContainersThatRun(t *testing.T) {
	d := dir(t)
	first := add(t, d, Record{ID: "a", Name: "web"})
	add(t, d, Record{ID: "b"})
	add(t, d, Record{ID: "c"}) // no name is nobody's
	var taken *TakenError
	if _, err := d.Add(Record{ID: "d", Name: "web"}); !errors.As(err, &taken) || taken.Name != "web" {
		t.Errorf("got %v", err)
	}
	if got := files(t, d.path); got != "a b c lock name.web" {
		t.Errorf("the directory has %s", got)
	}
	first.Close()
	first.Close() // once more does nothing
	add(t, d, Record{ID: "d", Name: "web"})
}

// Closing what was refused must not remove the record of the one that runs.
func TestAddRefusesIDsOfContainersThatRun(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a", Name: "web"})
	e, err := d.Add(Record{ID: "a", Name: "other"})
	if taken := (*TakenError)(nil); !errors.As(err, &taken) {
		t.Fatalf("got %v", err)
	}
	if e != nil {
		e.Close()
	}
	if r, err := d.Find("web", nil); err != nil || r.ID != "a" {
		t.Errorf("it is gone: %v", err)
	}
	if !strings.Contains(err.Error(), `"a"`) && !strings.Contains(err.Error(), `"web"`) {
		t.Errorf("it names what is not taken: %v", err)
	}
}

func TestAddRefusesIDsThatAreNoFileNames(t *testing.T) {
	d := dir(t)
	for _, id := range []string{"", ".", "..", "a/b", "/", "../x", "a\x00", "lock", strings.Repeat("x", 300)} {
		if e, err := d.Add(Record{ID: id}); err == nil {
			e.Close()
			t.Errorf("%q was added", id)
		}
	}
	if got := files(t, d.path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
	if _, err := os.Stat(d.path + "/../x"); err == nil {
		t.Error("a record outside was made")
	}
}

func TestOneOfManyGoroutinesGetsTheName(t *testing.T) {
	d := dir(t)
	for range 10 {
		var wg sync.WaitGroup
		start, entries := make(chan struct{}), make([]*Entry, 50)
		for i := range entries {
			wg.Go(func() {
				<-start
				e, err := d.Add(Record{ID: fmt.Sprint("id", i), Name: "web"})
				if taken := (*TakenError)(nil); err == nil {
					entries[i] = e
				} else if !errors.As(err, &taken) {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		won := 0
		for _, e := range entries {
			if e != nil {
				won++
				e.Close()
			}
		}
		if won != 1 {
			t.Errorf("%d have the name", won)
		}
		if got := files(t, d.path); got != "lock" {
			t.Errorf("the directory has %s", got)
		}
	}
}

func TestOneOfManyProcessesGetsTheName(t *testing.T) {
	path := t.TempDir() + "/urun" // each of them may be the one that makes it
	var all []*process
	for i := range 50 {
		all = append(all, holder(t, path, fmt.Sprint("id", i), "web", "022"))
	}
	for _, p := range all {
		p.start(t)
	}
	won := 0
	for _, p := range all {
		switch got := p.answer(t); got {
		case "added":
			won++
		case "taken":
		default:
			t.Errorf("it said %q", got)
		}
	}
	if won != 1 {
		t.Errorf("%d have the name", won)
	}
	for _, p := range all {
		p.end(t)
	}
	if got := files(t, path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
}
