// Command bench-image compares what becomes of an image with urun and with others: podman with its two ways to keep
// layers, overlay and vfs, and skopeo with umoci, which unpacks. hack/bench-image/run prepares what it needs; `make
// bench-image` is that.
//
// A docker-registry on loopback has the images, which are made on the spot (images.go), so that nothing leaves the machine.
// Measured are a pull into an empty store and the first start after it (pull.go), starts from a store that has the
// image, over starts from the same files as a directory (start.go), and how fast a large layer is unpacked
// (unpack.go). Runs of all tools alternate in random order; what is compared are medians, and each ratio and
// difference has the range of 95 of 100 bootstrap samples. It judges nothing: a machine's noise is not a failure. That urun
// does not run is.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

type options struct {
	urun, busybox, debian, build string
	runs, starts                 int
	quick, others                bool
	only, json                   string
	work                         string
}

// report is everything that was measured. Times are in milliseconds, rates in MB a second.
type report struct {
	Kind        string       `json:"kind"`
	Date        string       `json:"date"`
	Quick       bool         `json:"quick,omitempty"`
	Load        string       `json:"load"` // the machine's load average of a minute, just before
	Machine     []string     `json:"machine"`
	Images      []string     `json:"images"`
	LeftOut     []leftOut    `json:"left_out,omitempty"`
	Times       []series     `json:"times"`
	Ratios      []ratio      `json:"ratios"`
	Differences []difference `json:"differences"`
	Rates       []series     `json:"rates"`
	RateRatios  []ratio      `json:"rate_ratios"`
}

type leftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func main() {
	runtime.LockOSThread() // the registry is to end with the thread that started it
	var o options
	flag.StringVar(&o.urun, "urun", "build/urun", "the urun to measure, with urun-image beside it")
	flag.StringVar(&o.busybox, "busybox", "build/busybox", "a busybox root file system")
	flag.StringVar(&o.debian, "debian", "build/debian.tar", "Debian as a tarball; not used with -quick")
	flag.StringVar(&o.build, "build", "build/bench-image", "where the registry's images are kept between runs")
	flag.IntVar(&o.runs, "runs", 0, "pulls of each image with each tool (9, with -quick 2; a third of them of what is large)")
	flag.IntVar(&o.starts, "starts", 0, "starts of each (60, with -quick 5)")
	flag.StringVar(&o.only, "only", "", "measure nothing but this: pull, start or unpack")
	flag.BoolVar(&o.quick, "quick", false, "small images and few runs")
	flag.BoolVar(&o.others, "others", false, "measure the others although urun cannot pull")
	flag.StringVar(&o.json, "json", "", "write the results to this file, too")
	flag.Parse()
	if err := bench(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-image:", err)
		os.Exit(1)
	}
}

func bench(o options) (err error) {
	if os.Getuid() == 0 {
		return errors.New("a rootless tool is measured as a normal user: make bench-image makes one")
	}
	if !slices.Contains([]string{"", "pull", "start", "unpack"}, o.only) {
		return fmt.Errorf("-only %s: it is pull, start or unpack", o.only)
	}
	o.setRuns()
	for _, path := range []*string{&o.urun, &o.busybox, &o.debian, &o.build} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.work, err = os.MkdirTemp("", "urun-bench"); err != nil {
		return err
	}
	defer clean(o)

	hub, err := serve(o)
	if err != nil {
		return err
	}
	defer hub.close()
	pictures := slices.DeleteFunc(picturesOf(o), func(p picture) bool { return o.only == "start" && !p.starts || o.only == "unpack" && !p.unpacks })
	if err := hub.fill(o, pictures); err != nil {
		return err
	}
	tools, err := toolsOf(o, hub)
	if err != nil {
		return err
	}
	r := report{Kind: "image", Date: time.Now().UTC().Format(time.DateOnly), Quick: o.quick, Load: load(), Machine: machine(o)}
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	for _, p := range pictures {
		r.Images = append(r.Images, p.String())
		fmt.Println(p)
	}
	parts := map[string]func(options, *registry, []tool, []picture) error{"pull": r.pulls, "start": r.startsOf, "unpack": r.unpacks}
	for _, name := range []string{"pull", "start", "unpack"} {
		if o.only != "" && o.only != name {
			continue
		}
		if err := parts[name](o, hub, tools, pictures); err != nil {
			return err
		}
	}
	return save(o.json, r)
}

func (o *options) setRuns() {
	if o.runs == 0 {
		if o.runs = 9; o.quick {
			o.runs = 2
		}
	}
	if o.starts == 0 {
		if o.starts = 60; o.quick {
			o.starts = 5
		}
	}
}

// save writes the results to a file, if one was asked for, and says where it is: as root all of this runs in another
// user's copy of the checkout.
func save(file string, r report) error {
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Println("wrote", file)
	return nil
}
