package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

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

func TestARatioIsOfNetTimesAndLiesInItsRange(t *testing.T) {
	alone := start{Times: []float64{1, 1, 1}, Median: 1}
	of := start{Name: "a", Times: []float64{3, 3.1, 2.9}, Median: 3, Net: 2}
	to := start{Name: "b", Times: []float64{5, 5.1, 4.9}, Median: 5, Net: 4}
	got := compare(rand.New(rand.NewPCG(1, 1)), of, to, alone)
	if got.Ratio != 0.5 || got.Low > 0.5 || got.High < 0.5 || got.Low < 0.4 || got.High > 0.6 {
		t.Errorf("compare = %+v, want about 0.5", got)
	}
}
