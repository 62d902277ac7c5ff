package main

import (
	"math"
	"testing"
)

// around is a series whose values lie close to a median.
func around(name, way string, median float64) series {
	return series{Name: name, Way: way, Median: median, Values: []float64{median * 0.99, median, median * 1.01}}
}

func TestQuantileLiesBetweenTheNearestValues(t *testing.T) {
	for _, tc := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{3}, 0.5, 3},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{5, 1, 3}, 1, 5},
		{[]float64{1, 2, 3, 4, 5}, 0.25, 2},
	} {
		if got := quantile(tc.values, tc.q); got != tc.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", tc.values, tc.q, got, tc.want)
		}
	}
	if !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("the median of nothing is a number")
	}
}

func TestANetworkIsWeighedByWhatItAdds(t *testing.T) {
	ready := []peer{
		{name: "urun none"}, {name: "urun auto", less: "urun none"}, {name: "urun pasta", less: "urun none"},
		{name: "rootlesskit none"}, {name: "rootlesskit gvisor-tap-vsock", less: "rootlesskit none"},
	}
	starts := []series{
		around("urun none", "", 10), around("urun auto", "", 15), around("urun pasta", "", 20),
		around("rootlesskit none", "", 50), around("rootlesskit gvisor-tap-vsock", "", 70),
	}
	list := adds(starts, ready)
	want := map[string]float64{"urun auto": 5, "urun pasta": 10, "rootlesskit gvisor-tap-vsock": 20}
	for _, d := range list {
		if math.Abs(d.Median-want[d.Of]) > 1e-9 || d.Low > d.Median || d.High < d.Median {
			t.Errorf("%+v, want about %v", d, want[d.Of])
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d differences, want %d", len(list), len(want))
	}
	ratios := timeRatios(starts, nil, ready) // pasta is not held against gvisor
	if len(ratios) != 1 || ratios[0].Of != "urun auto" || math.Abs(ratios[0].Ratio-0.25) > 1e-9 {
		t.Errorf("ratios = %+v, want auto's alone, 0.25", ratios)
	}
}

func TestRatesAreSharesOfTheHostsOwn(t *testing.T) {
	list := []series{around("host", in, 10), around("host", loopback, 20), around("urun pasta", in, 5), {Name: "urun gvisor", Way: in, Failed: 2}}
	got := map[string]float64{}
	for _, q := range shares(list) {
		got[q.Of+" of "+q.To] = q.Ratio
	}
	want := map[string]float64{"urun pasta of host, the same way": 0.5, "urun pasta of host, loopback": 0.25, "host of host, loopback": 0.5}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s = %v, want %v", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("shares of %v, want of %v", got, want)
	}
}

func TestTheBestDriversAreCompared(t *testing.T) {
	list := []series{around("urun pasta", in, 5), around("urun gvisor", in, 8), around("podman slirp4netns", in, 4), around("urun pasta", out, 5)}
	got := best(list)
	if len(got) != 1 || got[0].Of != "urun gvisor" || got[0].What != in || got[0].Ratio != 2 {
		t.Errorf("best = %+v, want gvisor over podman in one way, 2", got)
	}
}
