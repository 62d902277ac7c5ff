package main

import "testing"

func TestAFiltersLengthIsReadFromWhatIsExplained(t *testing.T) {
	for explained, want := range map[string]int{
		`{"policy":{"instructions":108}}`:     108,
		`{"policy":{"noNewPrivileges":true}}`: 0,  // no filter
		`{}`:                                  -1, // an error
		`no JSON`:                             -1,
	} {
		got, err := instructions([]string{"printf", "%s", explained})
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d (%v), want %d", explained, got, err, want)
		}
	}
	if _, err := instructions([]string{"false"}); err == nil {
		t.Error("a start that cannot be explained has a filter")
	}
}

// A pair that is the same twice would have the ratio 1 whatever a protection costs.
func TestThePairsDifferByAProtection(t *testing.T) {
	names := map[string]bool{}
	for _, p := range hardenedPairs(options{profile: "/a"}) {
		if len(p.without) == 0 || names[p.name] || len(p.with) > len(p.without) {
			t.Errorf("%+v has nothing that takes a protection away, or its name is not its own", p)
		}
		names[p.name] = true
	}
}
