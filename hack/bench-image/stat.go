package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// series is what was measured of one tool.
type series struct {
	What   string    `json:"what"`
	Name   string    `json:"name"`
	Median float64   `json:"median"`
	Failed int       `json:"failed,omitempty"`
	Why    string    `json:"why,omitempty"` // of the last failure
	Values []float64 `json:"values"`
}

func seriesOf(what string, tools []tool) []series {
	list := make([]series, len(tools))
	for i, t := range tools {
		list[i] = series{What: what, Name: t.name}
	}
	return list
}

func (s *series) add(value float64, err error) {
	if err != nil {
		s.Failed++
		s.Why = err.Error()
		return
	}
	s.Values = append(s.Values, value)
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
	What   string  `json:"what"`
	Of     string  `json:"of"`
	Less   string  `json:"less"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

const samples = 1000

// ratiosOf are urun's to all others.
func ratiosOf(list []series) []ratio { return ratiosTo(list, "urun") }

// ratiosTo are those of one series to all others; two ways of urun's to unpack are not each other's measure.
func ratiosTo(list []series, base string) (ratios []ratio) {
	of, ok := find(list, base)
	if !ok {
		return nil
	}
	for _, to := range list {
		if to.Name == base || len(to.Values) == 0 || to.Name == "urun" || to.Name == treesAnew {
			continue
		}
		at, low, high := estimate(func(of, to float64) float64 { return of / to }, of, to)
		ratios = append(ratios, ratio{of.What, of.Name, to.Name, at, low, high})
	}
	return ratios
}

func differencesOf(list []series, name, less string) []difference {
	of, ok := find(list, name)
	from, both := find(list, less)
	if !ok || !both {
		return nil
	}
	at, low, high := estimate(func(of, less float64) float64 { return of - less }, of, from)
	return []difference{{of.What, of.Name, from.Name, at, low, high}}
}

// find is the series of a name; false when it has no values.
func find(list []series, name string) (series, bool) {
	at := slices.IndexFunc(list, func(s series) bool { return s.Name == name && len(s.Values) > 0 })
	if at < 0 {
		return series{}, false
	}
	return list[at], true
}

// estimate is a value computed from two medians, and the range that 95 of 100 bootstrap samples of them fall into.
func estimate(value func(a, b float64) float64, a, b series) (at, low, high float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	var sampled []float64
	for range samples {
		sampled = append(sampled, value(quantile(resample(rng, a.Values), 0.5), quantile(resample(rng, b.Values), 0.5)))
	}
	return value(quantile(a.Values, 0.5), quantile(b.Values, 0.5)), quantile(sampled, 0.025), quantile(sampled, 0.975)
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
