package main

import (
	"math"
	"testing"
)

// around is a start whose times lie close to a median.
func around(name string, median float64) start {
	return start{Name: name, Median: median, Runs: 3, Times: []float64{median - 0.1, median, median + 0.1}}
}

func TestLimitsAreWeighedByWhatTheyAdd(t *testing.T) {
	differences, ratios := weigh([]start{
		around("true", 2), around("systemd-run, limits", 12), around("urun, one id", 10), around("urun, one id, limits", 15),
		around("crun, one id", 20), around("crun, one id, limits", 30),
	}, adds, pairs)
	want := map[string]float64{"systemd-run, limits": 10, "urun, one id, limits": 5, "crun, one id, limits": 10}
	for _, d := range differences {
		if d.Median != want[d.Of] || d.Low > d.Median || d.High < d.Median || d.High-d.Low > 0.5 {
			t.Errorf("%+v, want about %v", d, want[d.Of])
		}
		delete(want, d.Of)
	}
	for name := range want {
		t.Errorf("no difference for %s", name)
	}
	want = map[string]float64{"limits add to urun, one id": 0.5, "urun, one id, limits": 0.5, "urun, one id, limits, net": 13.0 / 28}
	for _, q := range ratios {
		if math.Abs(q.Ratio-want[q.Of]) > 1e-9 || q.Low > q.Ratio || q.High < q.Ratio || q.High-q.Low > 0.1 {
			t.Errorf("%+v, want about %v", q, want[q.Of])
		}
		delete(want, q.Of)
	}
	for name := range want {
		t.Errorf("no ratio for %s", name)
	}
}

func TestWhatWasNotMeasuredIsNotWeighed(t *testing.T) {
	differences, ratios := weigh([]start{around("true", 2), around("urun, one id", 10), around("urun, one id, limits", 15)}, adds, pairs)
	if len(differences) != 1 || differences[0].Of != "urun, one id, limits" || len(ratios) != 0 {
		t.Errorf("%+v, %+v", differences, ratios)
	}
}

func TestAPeerWithoutItsLimitsIsLeftOut(t *testing.T) {
	ready, out := usable([]peer{
		{name: "with", argv: []string{"true"}, says: []string{"printf", "104857600\n20\n"}, shows: limitLines()},
		{name: "without", argv: []string{"true"}, says: []string{"printf", "max\n20\n"}, shows: limitLines()},
		{name: "silent", argv: []string{"true"}, says: []string{"true"}, shows: limitLines()},
	})
	if len(ready) != 1 || ready[0].name != "with" || len(out) != 2 {
		t.Errorf("measured are %v, left out %v", ready, out)
	}
}

func TestTheProgramOfAPeerComesAfterItsVariables(t *testing.T) {
	for want, argv := range map[string][]string{
		"crun": {"crun", "run"}, "podman": {"env", "A=1", "podman", "run"}, "other": {"env", "A=1", "B=2", "other", "C=3"},
	} {
		if got := (peer{argv: argv}).program(); got != want {
			t.Errorf("program of %q = %s", argv, got)
		}
	}
}
