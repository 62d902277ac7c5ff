package main

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// task is one thing to measure of one peer.
type task struct {
	name, way string
	every     int // measured in each round whose number this divides
	once      func() (float64, error)
}

// enough failures of a peer that mostly fails are not added to: each may take as long as patience lasts.
const enough = 5

// rounds runs all tasks in rounds, each round in another order. What a tool has still to do when it has ended is waited
// for, and what it leaves behind is ended, so that the next one does not pay for it.
func rounds(s *sweeper, list []task, n int) []series {
	all := make([]series, len(list))
	for i, t := range list {
		all[i] = series{Name: t.name, Way: t.way}
	}
	rng := rand.New(rand.NewPCG(1, 2)) // the same order every time
	for round := range n {
		for _, i := range rng.Perm(len(list)) {
			if round%list[i].every != 0 || all[i].Failed >= enough && all[i].Failed > len(all[i].Values) {
				continue
			}
			value, err := list[i].once()
			s.sweep(list[i].name)
			if err != nil {
				all[i].Failed++
				all[i].Why = err.Error()
				continue
			}
			all[i].Values = append(all[i].Values, value)
		}
	}
	for i := range all {
		if len(all[i].Values) > 0 { // JSON has no NaN
			all[i].Median = quantile(all[i].Values, 0.5)
		}
		if all[i].Failed > 0 {
			fmt.Fprintf(os.Stderr, "bench-net: %s %s failed %d times, at last: %s\n", all[i].Name, all[i].Way, all[i].Failed, all[i].Why)
		}
	}
	return all
}
