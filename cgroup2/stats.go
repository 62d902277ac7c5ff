package cgroup2

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// Stats is what a cgroup uses at one moment. A field is nil where the cgroup lacks the
// controller or the kernel the file. Limits are nil when there is none.
type Stats struct {
	CPUUsec       *uint64 `json:"cpu_usec,omitempty"` // since the cgroup was made: cpu.stat
	CPUUserUsec   *uint64 `json:"cpu_user_usec,omitempty"`
	CPUSystemUsec *uint64 `json:"cpu_system_usec,omitempty"`
	Throttled     *uint64 `json:"cpu_throttled_usec,omitempty"`

	Memory      *uint64 `json:"memory_bytes,omitempty"` // memory.current without the file cache that can be dropped at once, as docker and podman count
	MemoryTotal *uint64 `json:"memory_current_bytes,omitempty"`
	MemoryPeak  *uint64 `json:"memory_peak_bytes,omitempty"` // since Linux 5.19
	MemoryLimit *uint64 `json:"memory_limit_bytes,omitempty"`
	Swap        *uint64 `json:"swap_bytes,omitempty"`
	SwapLimit   *uint64 `json:"swap_limit_bytes,omitempty"`
	OOMKills    *uint64 `json:"oom_kills,omitempty"` // processes killed for memory

	Pids      *uint64 `json:"pids,omitempty"` // threads count, too
	PidsLimit *uint64 `json:"pids_limit,omitempty"`

	ReadBytes  *uint64 `json:"io_read_bytes,omitempty"` // of all block devices: io.stat
	WriteBytes *uint64 `json:"io_write_bytes,omitempty"`
	ReadOps    *uint64 `json:"io_reads,omitempty"`
	WriteOps   *uint64 `json:"io_writes,omitempty"`

	// Shares of the last ten seconds in which some process waited, in percent
	// (Documentation/accounting/psi.rst).
	CPUPressure    *float64 `json:"cpu_pressure_avg10,omitempty"`
	MemoryPressure *float64 `json:"memory_pressure_avg10,omitempty"`
	IOPressure     *float64 `json:"io_pressure_avg10,omitempty"`
}

// Stats reads what the cgroup uses now. It fails only when the cgroup is gone.
func (g *Group) Stats() (s Stats, err error) {
	if _, err := g.Read("cgroup.events"); err != nil {
		return s, err
	}
	cpu, err := g.Read("cpu.stat")
	if err == nil {
		s.CPUUsec, s.CPUUserUsec, s.CPUSystemUsec = count(cpu, "usage_usec"), count(cpu, "user_usec"), count(cpu, "system_usec")
		s.Throttled = count(cpu, "throttled_usec")
	}
	s.MemoryTotal, s.MemoryLimit, s.MemoryPeak = g.number("memory.current"), g.number("memory.max"), g.number("memory.peak")
	s.Swap, s.SwapLimit = g.number("memory.swap.current"), g.number("memory.swap.max")
	if memory, err := g.Read("memory.stat"); err == nil && s.MemoryTotal != nil {
		used := *s.MemoryTotal
		used -= min(used, keyed(memory, "inactive_file"))
		s.Memory = &used
	}
	if events, err := g.Read("memory.events"); err == nil {
		s.OOMKills = count(events, "oom_kill")
	}
	s.Pids, s.PidsLimit = g.number("pids.current"), g.number("pids.max")
	if io, err := g.Read("io.stat"); err == nil {
		s.ReadBytes, s.WriteBytes, s.ReadOps, s.WriteOps = total(io, "rbytes="), total(io, "wbytes="), total(io, "rios="), total(io, "wios=")
	}
	s.CPUPressure, s.MemoryPressure, s.IOPressure = g.pressure("cpu.pressure"), g.pressure("memory.pressure"), g.pressure("io.pressure")
	return s, nil
}

// number is a file's one number; nil without the file, or when it says "max".
func (g *Group) number(file string) *uint64 {
	b, err := g.Read(file)
	if err != nil {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(b), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func count(content, key string) *uint64 {
	if !strings.Contains("\n"+content, "\n"+key+" ") {
		return nil
	}
	n := keyed(content, key)
	return &n
}

// total adds up a key of all devices.
func total(content, key string) *uint64 {
	var sum uint64
	for word := range strings.FieldsSeq(content) {
		if v, ok := strings.CutPrefix(word, key); ok {
			n, _ := strconv.ParseUint(v, 10, 64) // the kernel writes numbers
			sum += n
		}
	}
	return &sum
}

// pressure is the avg10 of the line "some".
func (g *Group) pressure(file string) *float64 {
	b, err := g.Read(file)
	if err != nil {
		return nil // also EOPNOTSUPP: the kernel was started with psi=0
	}
	for line := range strings.Lines(b) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "some" {
			continue
		}
		if v, ok := strings.CutPrefix(fields[1], "avg10="); ok {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return &n
			}
		}
	}
	return nil
}

// Gone tells whether an error of a [Group] means that the cgroup no longer exists.
func Gone(err error) bool { return err != nil && skipGone(err) == nil || errors.Is(err, os.ErrClosed) }
