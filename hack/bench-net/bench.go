package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// report is everything that was measured, for -json. Times are in milliseconds, rates in Gbit/s, memory in kB.
type report struct {
	Machine    []string       `json:"machine"`
	LeftOut    []leftOut      `json:"left_out,omitempty"`
	Starts     []series       `json:"starts"`
	FirstBytes []series       `json:"first_bytes"`
	Adds       []difference   `json:"adds"`
	Ratios     []ratio        `json:"ratios"`
	Throughput []series       `json:"throughput"`
	Shares     []ratio        `json:"shares"`
	Best       []ratio        `json:"best"`
	Memory     []memory       `json:"memory"`
	LeftBehind map[string]int `json:"left_behind,omitempty"`
}

// bench is root of the machine, and runs what it measures as its normal user.
func bench(o options) error {
	for _, dir := range []string{o.userDir(), o.runtimeDir()} {
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, o.uid, o.gid)); err != nil {
			return err
		}
	}
	file, err := created(o)
	if err != nil {
		return err
	}
	defer file.Close()
	r := report{Machine: machineLines(o), LeftBehind: map[string]int{}}
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	var ready []peer
	ready, r.LeftOut = usable(o, chosen(peers(o), o.only))
	printLeftOut(r.LeftOut)
	s := newSweeper(o)

	r.Starts = starts(o, s, ready)
	printTimes("start of /bin/true", r.Starts)
	r.FirstBytes = firstBytes(o, s, ready)
	printTimes("from the start to the first byte from the world", r.FirstBytes)
	r.Adds = adds(r.Starts, ready)
	printAdds(r.Adds)
	r.Ratios = timeRatios(r.Starts, r.FirstBytes, ready)
	printRatios("ratios (in brackets: 95 % of bootstrap samples)", r.Ratios)

	r.Throughput = throughput(o, s, ready)
	r.Shares = shares(r.Throughput)
	printThroughput(r.Throughput, r.Shares)
	r.Best = best(r.Throughput)
	printRatios("throughput of the best of urun's drivers over the best of others", r.Best)

	r.Memory = memories(o, s, ready)
	printMemory(r.Memory)
	r.LeftBehind = s.found
	printLeftBehind(r.LeftBehind)
	r.Machine = append(r.Machine, "load at the end: "+load())
	fmt.Println("\n" + r.Machine[len(r.Machine)-1])
	b, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		_, err = file.Write(append(b, '\n'))
	}
	return err
}

// created is the file that is asked for, as the normal user's; before anything is measured, for it may be that it cannot be.
func created(o options) (*os.File, error) {
	if o.json == "" {
		return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	file, err := os.Create(o.json)
	if err != nil {
		return nil, err
	}
	return file, file.Chown(o.uid, o.gid)
}
