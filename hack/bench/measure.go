package main

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"time"
)

// start is what was measured of one peer.
type start struct {
	Name      string     `json:"name"`
	Mapped    string     `json:"mapped,omitempty"`
	Runs      int        `json:"runs"`
	Failed    int        `json:"failed,omitempty"`
	Median    float64    `json:"median"`
	Quartiles [2]float64 `json:"quartiles"`
	Net       float64    `json:"net"` // less the median of true
	Times     []float64  `json:"times,omitempty"`
}

// measure runs all peers in rounds, each round in another order, with a pause before each run.
func measure(list []peer, runs int, pause time.Duration) []start {
	starts := make([]start, len(list))
	for i, p := range list {
		starts[i] = start{Name: p.name, Mapped: p.mapped}
	}
	rng := rand.New(rand.NewPCG(1, 2)) // the same order every time
	for round := range runs {
		for _, i := range rng.Perm(len(list)) {
			if list[i].seldom && round%10 != 0 {
				continue
			}
			time.Sleep(pause)
			elapsed, err := once(list[i])
			if err != nil {
				starts[i].Failed++
				continue
			}
			starts[i].Times = append(starts[i].Times, elapsed)
		}
	}
	for i := range starts {
		starts[i].Runs = len(starts[i].Times)
		starts[i].Median = quantile(starts[i].Times, 0.5)
		starts[i].Quartiles = [2]float64{quantile(starts[i].Times, 0.25), quantile(starts[i].Times, 0.75)}
		starts[i].Net = starts[i].Median - starts[0].Median
	}
	return starts
}

// once is the time in milliseconds that one run takes.
func once(p peer) (float64, error) {
	path, err := exec.LookPath(p.argv[0])
	if err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	began := time.Now()
	process, err := os.StartProcess(path, p.argv, &os.ProcAttr{Dir: p.dir, Files: []*os.File{null, null, null}})
	if err != nil {
		return 0, err
	}
	state, err := process.Wait()
	elapsed := float64(time.Since(began).Microseconds()) / 1000
	if err == nil && !state.Success() {
		err = &exec.ExitError{ProcessState: state}
	}
	return elapsed, err
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
