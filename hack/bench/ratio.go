package main

import (
	"math/rand/v2"
	"strings"
)

// ratio compares two peers, less what true takes, with the range that 95 of 100 bootstrap samples fall into.
type ratio struct {
	Of    string  `json:"of"`
	To    string  `json:"to"`
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

const samples = 1000

// ratios are of each urun to all others with as many ids.
func ratios(starts []start) []ratio {
	var list []ratio
	rng := rand.New(rand.NewPCG(3, 4))
	for _, of := range starts {
		if !strings.HasPrefix(of.Name, "urun") || of.Runs == 0 {
			continue
		}
		for _, to := range starts {
			if to.Mapped == of.Mapped && to.Name != of.Name && to.Runs > 0 {
				list = append(list, compare(rng, of, to, starts[0]))
			}
		}
	}
	return list
}

func compare(rng *rand.Rand, of, to, alone start) ratio {
	var sampled []float64
	for range samples {
		base := quantile(resample(rng, alone.Times), 0.5)
		sampled = append(sampled, (quantile(resample(rng, of.Times), 0.5)-base)/(quantile(resample(rng, to.Times), 0.5)-base))
	}
	return ratio{of.Name, to.Name, of.Net / to.Net, quantile(sampled, 0.025), quantile(sampled, 0.975)}
}

func resample(rng *rand.Rand, values []float64) []float64 {
	s := make([]float64, len(values))
	for i := range s {
		s[i] = values[rng.IntN(len(values))]
	}
	return s
}
