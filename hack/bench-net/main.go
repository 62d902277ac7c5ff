// Command bench-net compares the networks of rootless containers: urun's drivers, podman's and rootlesskit's own, in one
// run. hack/bench-net/run prepares what it needs; `make bench-net` is that.
//
// All of it happens in a sealed machine of namespaces (seal.go, machine.go), made by a normal user: "the host", where
// the tools run as that user, and "the world", the one other thing on its only wire. No packet leaves it, and no process
// outlives it.
//
// It measures what a network adds to a start, the time until the first byte from the world has arrived, throughput both
// ways and through a published port, and memory. As in hack/bench, runs of all peers alternate in random order, medians
// and ratios are what is compared, and nothing is judged.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

type options struct {
	runs     int
	quick    bool
	only     *regexp.Regexp
	json     string
	bin      string // urun, urun-netstack, rootlesskit
	rootfs   string
	work     string // a directory on a tmpfs of the machine
	uid, gid int    // of the normal user, inside as outside
	world    int    // a process in the world
}

func main() {
	if err := dispatch(); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "bench-net:", err)
		}
		os.Exit(1)
	}
}

// errSaid stands for an error that another of the processes has printed.
var errSaid = errors.New("said already")

// dispatch finds out which of the processes this is. They are one program, each starting the next one as os.Args[0].
func dispatch() error {
	switch filepath.Base(os.Args[0]) {
	case roleMapped:
		return mapped()
	case roleMachine:
		return machine()
	case roleWorld:
		return world()
	}
	o, err := parse()
	if err != nil {
		return err
	}
	if filepath.Base(os.Args[0]) == roleBench {
		return bench(o)
	}
	return seal()
}

func parse() (options, error) {
	var o options
	var only string
	flag.IntVar(&o.runs, "runs", 40, "runs of each peer when starts are measured; throughput gets an eighth of that")
	flag.BoolVar(&o.quick, "quick", false, "two runs of everything, and short ones")
	flag.StringVar(&only, "only", "", "measure only peers whose name this regular expression finds")
	flag.StringVar(&o.json, "json", "", "write the results to this file, too")
	flag.StringVar(&o.bin, "bin", "", "the directory with urun, urun-netstack and rootlesskit")
	flag.StringVar(&o.rootfs, "rootfs", "", "a busybox root file system with iperf3 and first in it")
	flag.StringVar(&o.work, "work", "", "set by bench-net itself")
	flag.IntVar(&o.uid, "uid", -1, "set by bench-net itself")
	flag.IntVar(&o.gid, "gid", -1, "set by bench-net itself")
	flag.IntVar(&o.world, "world", 0, "set by bench-net itself")
	flag.Parse()
	var err error
	if o.only, err = regexp.Compile(only); err != nil {
		return o, fmt.Errorf("read -only: %w", err)
	}
	for _, path := range []*string{&o.bin, &o.rootfs} {
		if *path == "" {
			return o, errors.New("-bin and -rootfs say what to measure; hack/bench-net/run gives them")
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return o, err
		}
	}
	if o.quick {
		o.runs = 2
	}
	return o, nil
}
