package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/container"
)

// sample is what a container uses at a moment.
type sample struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty"`
	Paused     bool     `json:"paused"`
	CPUPercent *float64 `json:"cpu_percent,omitempty"` // of one CPU: since the last sample, in the first since the start
	cgroup2.Stats

	at time.Time
}

func (c *statsCmd) run() (status int, err error) {
	every := time.Second
	if c.Interval != "" {
		n, err := strconv.Atoi(c.Interval)
		if err != nil || n < 1 || n > 3600 {
			return 0, errors.New("--interval " + strconv.Quote(c.Interval) + ": write a number of seconds, 1 to 3600")
		}
		every = time.Duration(n) * time.Second
	}
	last := map[string]sample{}
	for {
		now, err := c.samples(last)
		if err != nil && len(last) > 0 {
			return 0, nil // what was watched has ended
		}
		if err == nil {
			err = c.write(os.Stdout, now)
		}
		if err != nil || c.NoStream {
			return 0, err
		}
		time.Sleep(every)
		for _, s := range now {
			last[s.ID] = s
		}
	}
}

// samples are those of the containers that are named, or of all.
func (c *statsCmd) samples(last map[string]sample) ([]sample, error) {
	var list []*container.Running
	var err error
	if len(c.Names) == 0 {
		list, err = access().List()
	}
	if len(c.Names) > 0 {
		list, err = find(c.Names)
	}
	defer func() {
		for _, r := range list {
			r.Close()
		}
	}()
	samples := make([]sample, 0, len(list))
	for _, r := range list {
		s, serr := take(r, last[r.ID])
		if serr != nil && len(c.Names) > 0 {
			return nil, serr
		}
		if serr == nil {
			samples = append(samples, s)
		}
	}
	return samples, err
}

func take(r *container.Running, last sample) (s sample, err error) {
	s = sample{ID: r.ID, Name: r.Name, Paused: r.Paused(), at: time.Now()}
	if s.Stats, err = r.Stats(); err != nil || s.CPUUsec == nil {
		return s, err
	}
	since, used := r.Created, *s.CPUUsec
	if last.CPUUsec != nil {
		since, used = last.at, used-*last.CPUUsec
	}
	if elapsed := s.at.Sub(since); elapsed > 0 {
		percent := float64(used) / float64(elapsed.Microseconds()) * 100
		s.CPUPercent = &percent
	}
	return s, nil
}

func (c *statsCmd) write(to io.Writer, samples []sample) error {
	if c.JSON {
		return json.NewEncoder(to).Encode(samples)
	}
	var b strings.Builder
	if !c.NoStream && terminal(1) {
		b.WriteString("\x1b[H\x1b[J") // to the top, and clear
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tCPU %\tMEM USAGE / LIMIT\tMEM %\tBLOCK IO\tPIDS\tPRESSURE cpu/mem/io")
	for _, s := range samples {
		fmt.Fprintln(t, strings.Join(s.cells(), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// cells are a line of the table; what cannot be known is --.
func (s *sample) cells() []string {
	name := s.Name
	if name == "" {
		name = s.ID[:min(12, len(s.ID))]
	}
	if s.Paused {
		name += " (paused)"
	}
	share := unknown
	if s.Memory != nil && s.MemoryLimit != nil && *s.MemoryLimit > 0 {
		share = percent(float64(*s.Memory)/float64(*s.MemoryLimit)*100, true)
	}
	pids := number(s.Pids)
	if s.PidsLimit != nil {
		pids += " / " + number(s.PidsLimit)
	}
	return []string{
		s.ID[:min(12, len(s.ID))], name, floating(s.CPUPercent, true), sizeOf(s.Memory) + " / " + sizeOf(s.MemoryLimit), share,
		sizeOf(s.ReadBytes) + " / " + sizeOf(s.WriteBytes), pids,
		floating(s.CPUPressure, false) + "/" + floating(s.MemoryPressure, false) + "/" + floating(s.IOPressure, false),
	}
}

const unknown = "--"

func sizeOf(n *uint64) string {
	if n == nil {
		return unknown
	}
	return container.Bytes(*n)
}

func number(n *uint64) string {
	if n == nil {
		return unknown
	}
	return strconv.FormatUint(*n, 10)
}

func floating(n *float64, sign bool) string {
	if n == nil {
		return unknown
	}
	return percent(*n, sign)
}

func percent(n float64, sign bool) string {
	s := strconv.FormatFloat(n, 'f', 2, 64)
	if sign {
		s += "%"
	}
	return s
}
