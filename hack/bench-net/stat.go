package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// series is what was measured of one peer.
type series struct {
	Name   string    `json:"name"`
	Way    string    `json:"way,omitempty"` // of throughput
	Median float64   `json:"median"`
	Failed int       `json:"failed,omitempty"`
	Why    string    `json:"why,omitempty"` // of the last failure
	Values []float64 `json:"values"`
}

// ratio compares two series, with the range that 95 of 100 bootstrap samples fall into.
type ratio struct {
	What  string  `json:"what"`
	Of    string  `json:"of"`
	To    string  `json:"to"`
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// difference is the median of one series less that of another, with the same range.
type difference struct {
	Of     string  `json:"of"`
	Less   string  `json:"less"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

const samples = 1000

// estimate is a value computed from the medians of some series, and the range that 95 of 100 bootstrap samples of them
// fall into.
func estimate(value func(medians []float64) float64, from ...series) (at, low, high float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	medians := make([]float64, len(from))
	for i, s := range from {
		medians[i] = s.Median
	}
	at = value(medians)
	var sampled []float64
	for range samples {
		for i, s := range from {
			medians[i] = quantile(resample(rng, s.Values), 0.5)
		}
		sampled = append(sampled, value(medians))
	}
	return at, quantile(sampled, 0.025), quantile(sampled, 0.975)
}

func resample(rng *rand.Rand, values []float64) []float64 {
	s := make([]float64, len(values))
	for i := range s {
		s[i] = values[rng.IntN(len(values))]
	}
	return s
}

// quantile of the values, which need not be sorted; NaN of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// find is the series of a name and, for throughput, a way; false when it has no values.
func find(list []series, name, way string) (series, bool) {
	for _, s := range list {
		if s.Name == name && s.Way == way {
			return s, len(s.Values) > 0
		}
	}
	return series{}, false
}
