package main

import (
	"fmt"
	"math/rand/v2"
)

// amount is the median of a peer, less that of another one.
type amount struct {
	name     string
	of, less string // peers; nothing is taken off when less is ""
}

// medians are those of all peers by name.
type medians map[string]float64

func (a amount) in(m medians) (float64, bool) {
	of, ok := m[a.of]
	if a.less == "" {
		return of, ok
	}
	less, both := m[a.less]
	return of - less, ok && both
}

// difference is an amount, with the range that 95 of 100 bootstrap samples fall into.
type difference struct {
	Of     string  `json:"of"`
	Less   string  `json:"less"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// What is weighed: what the limits add, and whole starts with them, with what starting true takes and without.
var (
	scopeAdds = amount{"systemd-run adds to true", "systemd-run" + limited, "true"}
	adds      = []amount{
		scopeAdds, limitsAdd("urun, one id"), limitsAdd("urun, full range"), limitsAdd("crun, one id"), limitsAdd("crun, full range"),
	}
	pairs = [][2]amount{
		{limitsAdd("urun, one id"), scopeAdds}, {limitsAdd("urun, full range"), scopeAdds},
		{gross("urun, one id"), gross("crun, one id")}, {net("urun, one id"), net("crun, one id")},
		{gross("urun, full range"), gross("crun, full range")}, {net("urun, full range"), net("crun, full range")},
		{gross("urun, full range"), gross("podman")}, {net("urun, full range"), net("podman")},
	}
)

func limitsAdd(peer string) amount { return amount{"limits add to " + peer, peer + limited, peer} }
func gross(peer string) amount     { return amount{peer + limited, peer + limited, ""} }
func net(peer string) amount       { return amount{peer + limited + ", net", peer + limited, "true"} }

// weigh computes those of the differences and ratios that all their peers were measured for. One sample of every peer
// serves them all: what two amounts share, such as true, is the same in both.
func weigh(starts []start, adds []amount, pairs [][2]amount) (differences []difference, ratios []ratio) {
	measured := medians{}
	for _, s := range starts {
		measured[s.Name] = s.Median
	}
	sampled := make([]medians, samples)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range sampled {
		sampled[i] = medians{}
		for _, s := range starts {
			sampled[i][s.Name] = quantile(resample(rng, s.Times), 0.5)
		}
	}
	for _, a := range adds {
		if value, ok := a.in(measured); ok {
			low, high := middle(sampled, func(m medians) float64 { v, _ := a.in(m); return v })
			differences = append(differences, difference{a.of, a.less, value, low, high})
		}
	}
	for _, p := range pairs {
		over := func(m medians) float64 { of, _ := p[0].in(m); to, _ := p[1].in(m); return of / to }
		_, ok := p[0].in(measured)
		_, both := p[1].in(measured)
		if ok && both {
			low, high := middle(sampled, over)
			ratios = append(ratios, ratio{p[0].name, p[1].name, over(measured), low, high})
		}
	}
	return differences, ratios
}

// middle is the range that 95 of 100 samples fall into.
func middle(sampled []medians, value func(medians) float64) (low, high float64) {
	var values []float64
	for _, m := range sampled {
		values = append(values, value(m))
	}
	return quantile(values, 0.025), quantile(values, 0.975)
}

func printDifferences(list []difference) {
	fmt.Printf("\ndifferences of medians, milliseconds (in brackets: 95 %% of bootstrap samples)\n")
	for _, d := range list {
		fmt.Printf("%-24s less %-18s %8.2f  [%.2f %.2f]\n", d.Of, d.Less, d.Median, d.Low, d.High)
	}
}

func printWeighed(title string, list []ratio) {
	fmt.Printf("\n%s (in brackets: 95 %% of bootstrap samples)\n", title)
	for _, q := range list {
		fmt.Printf("%-36s / %-24s %5.2f  [%.2f %.2f]\n", q.Of, q.To, q.Ratio, q.Low, q.High)
	}
}
