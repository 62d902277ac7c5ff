// Command bench compares the start of a container by urun with others that do about the same: the floor (floor/floor.c),
// bubblewrap, unshare, crun, runc and podman. hack/bench/run prepares what it needs; `make bench` is that.
//
// It measures one thing: from starting the tool until it has ended, with /bin/true of a busybox rootfs as the command,
// standard descriptors on /dev/null, as a normal user. Runs of all peers alternate in random order, so that what else
// the machine does falls on all alike; what is compared are medians and their ratios, less what starting `true` alone
// takes. It judges nothing: the aims are the project's, and a machine's noise is not a failure.
//
// With -limits it measures what limits add to a start instead, where there is a systemd for users: see limits.go. With
// -life it measures exec and containers in the background: see life.go; `make bench-life` is that. With -harden it measures
// what the filter of system calls and the masks add: see harden.go; `make bench-harden` is that.
//
// -svg draws the ratios, and -draw does so later, of one report or several: see draw.go.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

type options struct {
	runs   int
	quick  bool
	limits bool
	json   string
	svg    string
	draw   string // files
	urun   string
	floor  string
	rootfs string
	work   string
	life   bool
	empty  string
	crowds string // sizes of crowds

	harden  bool
	profile string // a file
}

func main() {
	var o options
	flag.IntVar(&o.runs, "runs", 0, "runs of each peer (100; with -harden pairs, 500)")
	flag.BoolVar(&o.quick, "quick", false, "leave out memory, and many volumes; with -life: many containers, and podman's")
	flag.BoolVar(&o.limits, "limits", false, "measure starts with limits, and nothing else")
	flag.BoolVar(&o.life, "life", false, "measure exec and containers in the background, and nothing else")
	flag.BoolVar(&o.harden, "harden", false, "measure what protections add to a start, and nothing else")
	flag.StringVar(&o.profile, "profile", "/usr/share/containers/seccomp.json", "with -harden: a profile of podman's or docker's")
	flag.StringVar(&o.crowds, "n", "", "with -life: how many containers are idle at a time (10,100,1000; with -quick 10)")
	flag.StringVar(&o.json, "json", "", "write the results to this file, too")
	flag.StringVar(&o.svg, "svg", "", "draw the ratios as a chart into this file, too")
	flag.StringVar(&o.draw, "draw", "", "measure nothing: draw the reports of these files, with commas between them, that -json has written")
	flag.StringVar(&o.urun, "urun", "bin/urun", "the urun to measure")
	flag.StringVar(&o.floor, "floor", "", "the program built from floor/floor.c")
	flag.StringVar(&o.empty, "empty", "", "with -life: the program built from empty")
	flag.StringVar(&o.rootfs, "rootfs", "", "a busybox root file system")
	flag.StringVar(&o.work, "kept", "", "set by bench itself")
	flag.Parse()
	if err := bench(o); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// report is everything that was measured, for --json. Times are in milliseconds.
type report struct {
	conditions
	Starts  []start      `json:"starts"`
	LeftOut []leftOut    `json:"left_out,omitempty"`
	Ratios  []ratio      `json:"ratios"`
	Volumes []volumeTime `json:"volumes,omitempty"`
	Memory  []memory     `json:"memory,omitempty"`
}

func bench(o options) error {
	if o.draw != "" {
		return draw(o)
	}
	if os.Getuid() == 0 {
		return errors.New("a rootless tool is measured as a normal user: make bench makes one")
	}
	if o.runs == 0 {
		if o.runs = 100; o.harden {
			o.runs = 500
		}
	}
	paths := []*string{&o.urun, &o.rootfs}
	switch {
	case o.harden:
	case o.life:
		paths = append(paths, &o.empty)
	case !o.limits:
		paths = append(paths, &o.floor)
	}
	for _, path := range paths {
		if *path == "" {
			return errors.New("-urun, -rootfs and -floor (-empty with -life) say what to measure; hack/bench/run and hack/bench/limits give them")
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = absolute
	}
	if o.harden {
		return harden(o)
	}
	if o.work != "" {
		return life(o)
	}
	var err error
	if o.work, err = os.MkdirTemp("", "urun-bench"); err != nil {
		return err
	}
	defer clean(o.work)
	switch {
	case o.limits:
		return limits(o)
	case o.life:
		return keep(o)
	}

	r := report{conditions: conditionsOf("start", o, machine(o))}
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	ready, out := usable(peers(o))
	r.LeftOut = out
	for _, l := range out {
		if strings.HasPrefix(l.Name, "urun, one id") {
			return fmt.Errorf("%s: %s", l.Name, l.Why)
		}
	}
	r.Starts = measure(ready, o.runs, 0)
	r.Ratios = ratios(r.Starts)
	printStarts("start of /bin/true", r.Starts, r.LeftOut)
	printRatios(r.Ratios)
	if !o.quick {
		if r.Volumes, err = volumes(o, ready); err != nil {
			return err
		}
		printVolumes(r.Volumes)
		r.Memory = memories(o, ready)
		printMemory(r.Memory)
	}
	return keepResults(o, r)
}

// keepResults writes the results to a file and draws them into one, if that was asked for.
func keepResults(o options, results any) error {
	return errors.Join(save(o.json, results), svgOf(o.svg, results))
}

// save writes the results to a file, if one was asked for.
func save(file string, results any) error {
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return write(file, append(b, '\n'))
}

// write says where the file is: as root all of this runs in another user's copy of the checkout.
func write(file string, b []byte) error {
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return err
	}
	if absolute, err := filepath.Abs(file); err == nil {
		file = absolute
	}
	fmt.Println("wrote", file)
	return nil
}

// clean ends the process that podman leaves, and removes what was made.
func clean(work string) {
	if b, err := os.ReadFile(work + "/libpod/tmp/pause.pid"); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	os.RemoveAll(work)
}

func printStarts(title string, starts []start, out []leftOut) {
	fmt.Printf("\n%s, milliseconds (net: less the start of true alone)\n%-24s %6s %8s %8s %8s %8s\n",
		title, "", "runs", "median", "quartile", "quartile", "net")
	for _, s := range starts {
		fmt.Printf("%-24s %6d %8.2f %8.2f %8.2f %8.2f\n", s.Name, s.Runs, s.Median, s.Quartiles[0], s.Quartiles[1], s.Net)
	}
	for _, l := range out {
		fmt.Printf("%-24s left out: %s\n", l.Name, l.Why)
	}
}

func printRatios(list []ratio) {
	fmt.Printf("\nratios of net medians (in brackets: 95 %% of bootstrap samples)\n")
	for _, q := range list {
		fmt.Printf("%-24s / %-24s %5.2f  [%.2f %.2f]\n", q.Of, q.To, q.Ratio, q.Low, q.High)
	}
}

func printVolumes(list []volumeTime) {
	fmt.Printf("\nstart with volumes, milliseconds, median\n")
	for _, v := range list {
		fmt.Printf("%-24s %5d volumes %9.2f\n", v.Name, v.Volumes, v.Median)
	}
}

func printMemory(list []memory) {
	fmt.Printf("\nPSS of all processes of the tool while sleep runs, kB (sleep itself not counted)\n")
	for _, m := range list {
		if m.Why != "" {
			fmt.Printf("%-24s left out: %s\n", m.Name, m.Why)
			continue
		}
		fmt.Printf("%-24s %6d in %d processes: %s\n", m.Name, m.Total, len(m.Processes), strings.Join(m.Processes, ", "))
	}
}
