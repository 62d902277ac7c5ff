package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/state"
)

func TestContainersAreChosen(t *testing.T) {
	now := time.Now()
	a := recorded(t,
		state.Record{ID: "aa1", Name: "web", Created: now}, state.Record{ID: "aa2", Name: "db", Created: now.Add(1)},
		state.Record{ID: "bb3", Name: "old", Created: now.Add(2), Life: state.Life{Started: now, Ended: now}, Wishes: state.Wishes{Keep: true}},
	)
	for name, tt := range map[string]struct {
		names       string
		all, ignore bool
		want, wrong string
	}{
		"by name":               {"db web", false, false, "aa2 aa1", ""},
		"by id":                 {"bb3 aa2", false, false, "bb3 aa2", ""},
		"by the beginning":      {"b", false, false, "bb3", ""},
		"all that fit":          {"", true, false, "aa1 aa2", ""},
		"one that is not there": {"web nobody", false, false, "", `there is no container "nobody"`},
		"that is ignored":       {"web nobody db", false, true, "aa1 aa2", ""},
		"all of them ignored":   {"nobody", false, true, "", ""},
		"of several":            {"web a", false, true, "", `"a" begins the ids of 2 containers`},
		"all and one":           {"web", true, false, "", "--all and CONTAINER: write one of them"},
		"none":                  {"", false, true, "", "CONTAINER is missing: name one, or write --all"},
		"a flag behind":         {"web -f", false, true, "", `"-f" comes too late, flags go before CONTAINER: write -f web`},
		"a flag and its value":  {"web -t 5", false, true, "", `"-t" comes too late, flags go before CONTAINER: write -t 5 web`},
		"behind the dashes":     {"-f web", false, false, "", `there is no container "-f"; flags go before --`},
	} {
		list, err := choose(a, strings.Fields(tt.names), tt.all, tt.ignore, func(r state.Record) bool { return r.Alive })
		var ids []string
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		got := strings.Join(ids, " ")
		if got != tt.want || tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.wrong)) {
			t.Errorf("%s: got %q, %v, want %q, %q", name, got, err, tt.want, tt.wrong)
		}
	}
}

// One that takes long or fails keeps nobody from the others, and what was done is said in the order that was asked for.
func TestContainersAreDealtWithSideBySide(t *testing.T) {
	list := []state.Record{{ID: "a"}, {ID: "b"}, {ID: "c", Name: "web"}, {ID: "d"}}
	last := make(chan struct{})
	out, err := printed(t, func() error {
		return beside(list, func(r state.Record) error {
			switch r.ID {
			case "a":
				select {
				case <-last:
				case <-time.After(20 * time.Second):
					return errors.New("it is done before the others are begun")
				}
			case "b":
				return errors.New("b cannot")
			case "d":
				close(last)
			}
			return nil
		})
	})
	if out != "a\nweb\nd\n" || err == nil || err.Error() != "b cannot" {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := printed(t, func() error { return beside(nil, nil) }); out != "" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}
