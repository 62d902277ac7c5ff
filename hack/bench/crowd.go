package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// atOnce is how many containers of a crowd are started at a time.
const atOnce = 4

// plan is a crowd to be measured.
type plan struct {
	name, tool string
	n          int
	base       []string // the tool
	run        []string // its words for a container in the background
	once       []string // and for one that runs true and goes; nil: not measured
}

// crowd is what was measured of n containers whose command sleeps.
type crowd struct {
	Name   string             `json:"name"`
	Tool   string             `json:"tool"`
	N      int                `json:"containers"`
	Rate   float64            `json:"starts_per_second"`
	Memory map[string]share   `json:"memory"` // by role, of all processes
	Kernel int                `json:"kernel_kb"`
	Verbs  map[string]float64 `json:"verbs_ms"` // medians
	Remove float64            `json:"remove_ms"`
	Gone   float64            `json:"gone_ms"` // from the beginning of rm to the end of the last process
	Left   []string           `json:"left,omitempty"`
	Why    string             `json:"failed,omitempty"`
}

// verbs are what is measured while the crowd is there, in the order in which they are shown.
var verbs = []string{"ps", "ps -q", "inspect of one", "exec of true", "run of true, named"}

func plans(o options, sizes []int) (list []plan) {
	urun := func(name, net string, n int) {
		list = append(list, plan{
			name: name, tool: "urun", n: n, base: []string{o.urun},
			run:  []string{"run", "-d", "--net=" + net, o.rootfs, "/bin/sleep", "1d"},
			once: []string{"run", "--net=" + net, "--name=bench", o.rootfs, "/bin/true"},
		})
	}
	for _, n := range sizes {
		urun("urun", "none", n)
	}
	few := min(10, slices.Min(sizes)) // of what takes longer
	urun("urun, auto", "auto", few)
	if _, err := exec.LookPath("slirp4netns"); err == nil {
		urun("urun, slirp4netns", "slirp4netns", few)
		if slices.Contains(sizes, 100) {
			urun("urun, slirp4netns", "slirp4netns", 100)
		}
	}
	if !o.quick {
		list = append(list, plan{
			name: "podman", tool: "podman", n: few, base: podmanArgs(o),
			run: []string{"run", "-d", "--network=none", "--rootfs", o.rootfs, "/bin/sleep", "1d"},
		})
	}
	return list
}

// measure starts the crowd, looks at it and removes it.
func (p plan) measure(o options) crowd {
	c := crowd{Name: p.name, Tool: p.tool, N: p.n}
	if err := p.look(o, &c); err != nil {
		c.Why = err.Error()
	}
	if err := p.remove(o, &c); err != nil && c.Why == "" {
		c.Why = err.Error()
	}
	return c
}

func (p plan) words(words ...string) []string { return slices.Concat(p.base, words) }

func (p plan) look(o options, c *crowd) error {
	if _, err := exec.LookPath(p.base[0]); err != nil {
		return errors.New("not installed")
	}
	before := kernelMemory()
	ids, rate, err := p.start()
	if err != nil {
		return err
	}
	c.Rate = rate
	time.Sleep(time.Second) // until what only the starts needed is gone
	c.Kernel = kernelMemory() - before
	if c.Memory, err = shares(background()); err != nil {
		return err
	}
	if n := c.Memory["command"].Processes; n != p.n {
		return fmt.Errorf("%d commands run, not %d", n, p.n)
	}
	listed, err := exec.Command(p.base[0], p.words("ps", "-q")[1:]...).Output()
	if err != nil {
		return fmt.Errorf("list them: %w", err)
	}
	if n := strings.Count(string(listed), "\n"); n != p.n {
		return fmt.Errorf("%d containers are listed, not %d", n, p.n)
	}
	some := ids[len(ids)/2]
	list := []peer{
		{name: "ps", argv: p.words("ps")}, {name: "ps -q", argv: p.words("ps", "-q")},
		{name: "inspect of one", argv: p.words("inspect", some)}, {name: "exec of true", argv: p.words("exec", some, "/bin/true")},
	}
	if p.once != nil {
		list = append(list, peer{name: "run of true, named", argv: p.words(p.once...)})
	}
	c.Verbs = map[string]float64{}
	for _, s := range measure(list, max(3, min(o.runs, 20)), 0) {
		if s.Failed > 0 {
			return fmt.Errorf("%s failed %d times of %d", s.Name, s.Failed, s.Failed+s.Runs)
		}
		c.Verbs[s.Name] = s.Median
	}
	return nil
}

// start starts all containers, some at a time.
func (p plan) start() (ids []string, rate float64, err error) {
	turns := make(chan struct{}, p.n)
	for range p.n {
		turns <- struct{}{}
	}
	close(turns)
	var group sync.WaitGroup
	var mutex sync.Mutex
	began := time.Now()
	for range atOnce {
		group.Go(func() {
			for range turns {
				id, failed := output(p.words(p.run...))
				mutex.Lock()
				if ids = append(ids, id); failed != nil {
					err = fmt.Errorf("start one: %w", failed)
				}
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	return ids, float64(p.n) / time.Since(began).Seconds(), err
}

// remove ends all, and sees what stays.
func (p plan) remove(o options, c *crowd) error {
	began := time.Now()
	since := func() float64 { return float64(time.Since(began).Microseconds()) / 1000 }
	if _, err := output(removal(p.base)); err != nil {
		took := since()
		sweep(o)
		_, again := output(removal(p.base)) // what comes next starts with nothing
		return errors.Join(fmt.Errorf("remove them, after %.0f ms: %w", took, err), again)
	}
	c.Remove = since()
	if p.tool != "urun" {
		return nil // podman keeps its namespaces and its database
	}
	for len(background()) > 0 && since() < 10_000 {
		time.Sleep(10 * time.Millisecond)
	}
	c.Gone = since()
	for _, pid := range background() {
		c.Left = append(c.Left, "the process "+comm(pid)+" "+strconv.Itoa(pid))
	}
	for _, dir := range []string{o.runtimeDir(), o.stateDir()} {
		c.Left = append(c.Left, files(filepath.Join(dir, "urun"))...)
	}
	return nil
}

func removal(base []string) []string {
	return slices.Concat(base, []string{"rm", "-f", "-a", "-t", "0"})
}

// staying are the files of urun's own in the directory of its records: its lock, and what tells when it was last swept.
var staying = []string{".", "lock", "swept"}

// files are all that a directory has below it, but those that stay.
func files(dir string) (list []string) {
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); err == nil && !slices.Contains(staying, rel) {
			list = append(list, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		list = append(list, err.Error())
	}
	return list
}

// kernelMemory is what the kernel holds for processes and namespaces, in kB: proc_meminfo(5). All of the machine is in it.
func kernelMemory() (sum int) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) > 1 && slices.Contains([]string{"KernelStack:", "PageTables:", "Percpu:", "SUnreclaim:"}, f[0]) {
			kb, _ := strconv.Atoi(f[1]) // always a number
			sum += kb
		}
	}
	return sum
}
