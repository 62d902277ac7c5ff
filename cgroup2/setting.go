package cgroup2

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Setting is a file of a cgroup and what is to be written to it; see cgroup-v2.rst of
// the kernel's documentation for both.
type Setting struct {
	File  string // such as "memory.max"; the word before the first dot is its controller
	Value string // one value, or for io.max a line of a device
	// Implied tells that nobody asked for it by name: it goes with another setting, and
	// a kernel that lacks the file may be without it.
	Implied bool
}

// Controller is the controller that has the file; "cgroup" is every cgroup's own.
func (s Setting) Controller() string {
	name, _, _ := strings.Cut(s.File, ".")
	return name
}

func (s Setting) String() string {
	if strings.Contains(s.Value, " ") {
		return s.File + "=" + strconv.Quote(s.Value)
	}
	return s.File + "=" + s.Value
}

// Controllers are those that the settings need, in order of their names.
func Controllers(settings []Setting) []string {
	var list []string
	for _, s := range settings {
		if c := s.Controller(); c != "cgroup" && !s.Implied && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	slices.Sort(list)
	return list
}

// plan is the list of settings in the making.
type plan struct {
	list []Setting
	err  error
}

func (p *plan) set(file, value string) { p.list = append(p.list, Setting{File: file, Value: value}) }

func (p *plan) fail(field string, why string) {
	p.err = cmp.Or(p.err, errors.New("linux.resources."+field+": "+why))
}

// Plan turns resources as the OCI runtime spec has them, which are those of cgroup v1,
// into the settings of cgroup v2. Values are converted as crun and runc do it: a
// memory+swap limit becomes one of swap alone, CPU shares and block I/O weights become
// weights on the other scale. r may be nil. An error names the field.
func Plan(r *specs.LinuxResources) ([]Setting, error) {
	if r == nil {
		return nil, nil
	}
	p := new(plan)
	p.memory(r.Memory)
	p.cpu(r.CPU)
	if r.Pids != nil && r.Pids.Limit != nil {
		p.pids(*r.Pids.Limit)
	}
	p.blockIO(r.BlockIO)
	for _, h := range r.HugepageLimits {
		if !pageSize(h.Pagesize) {
			p.fail("hugepageLimits", strconv.Quote(h.Pagesize)+" is no size of a page, such as 2MB")
		}
		p.set("hugetlb."+h.Pagesize+".max", strconv.FormatUint(h.Limit, 10))
	}
	p.rdma(r.Rdma)
	p.unified(r.Unified)
	if p.err != nil {
		return nil, p.err
	}
	return p.list, nil
}

func (p *plan) memory(m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	limit := value(m.Limit)
	if m.Limit != nil {
		p.bytes("memory.limit", "memory.max", limit)
	}
	if m.Reservation != nil {
		p.bytes("memory.reservation", "memory.low", *m.Reservation)
	}
	switch swap := value(m.Swap); {
	case m.Swap == nil:
	case swap == -1:
		p.set("memory.swap.max", "max")
	case swap == 0: // as in docker: not set
	case limit <= 0:
		p.fail("memory.swap", "it is memory and swap together, and there is no limit on memory; set memory.limit, too")
	case swap < limit:
		p.fail("memory.swap", fmt.Sprintf("it is memory and swap together, so it cannot be less than the memory alone (%d)", limit))
	default:
		p.set("memory.swap.max", strconv.FormatInt(swap-limit, 10))
	}
}

func (p *plan) bytes(field, file string, n int64) {
	switch {
	case n == -1:
		p.set(file, "max")
	case n < 0:
		p.fail(field, fmt.Sprintf("%d is less than nothing; -1 is no limit", n))
	case n > 0:
		p.set(file, strconv.FormatInt(n, 10))
	}
}

func (p *plan) pids(n int64) {
	switch {
	case n == -1 || n == 0 || n == math.MaxInt64: // 0 is what generators write for no limit
		p.set("pids.max", "max")
	case n < 0:
		p.fail("pids.limit", fmt.Sprintf("%d is less than nothing; -1 is no limit", n))
	default:
		p.set("pids.max", strconv.FormatInt(n, 10))
	}
}

const defaultPeriod = 100_000 // microseconds, of cpu.max

func (p *plan) cpu(c *specs.LinuxCPU) {
	if c == nil {
		return
	}
	if c.Shares != nil && *c.Shares != 0 {
		p.set("cpu.weight", strconv.FormatUint(SharesToWeight(*c.Shares), 10))
	}
	if c.Quota != nil || c.Period != nil {
		p.quota(value(c.Quota), value(c.Period))
	}
	if c.Burst != nil {
		p.set("cpu.max.burst", strconv.FormatUint(*c.Burst, 10))
	}
	if c.Idle != nil {
		p.set("cpu.idle", strconv.FormatInt(*c.Idle, 10))
	}
	for _, set := range []struct{ field, file, value string }{{"cpu.cpus", "cpuset.cpus", c.Cpus}, {"cpu.mems", "cpuset.mems", c.Mems}} {
		if set.value == "" {
			continue
		}
		if _, err := ParseSet(set.value); err != nil {
			p.fail(set.field, err.Error())
		}
		p.set(set.file, set.value)
	}
}

// quota sets cpu.max; the kernel takes 1 ms to 1 s as a period and no quota under 1 ms.
func (p *plan) quota(quota int64, period uint64) {
	if period == 0 {
		period = defaultPeriod
	}
	switch {
	case period < 1000 || period > 1_000_000:
		p.fail("cpu.period", fmt.Sprintf("%d: a period has 1000 to 1000000 microseconds", period))
	case quota == -1 || quota == 0:
		p.set("cpu.max", "max "+strconv.FormatUint(period, 10))
	case quota < 1000:
		p.fail("cpu.quota", fmt.Sprintf("%d: a quota has 1000 microseconds at least; -1 is no limit", quota))
	default:
		p.set("cpu.max", strconv.FormatInt(quota, 10)+" "+strconv.FormatUint(period, 10))
	}
}

func (p *plan) blockIO(b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		p.ioWeight("default", *b.Weight)
	}
	for _, d := range b.WeightDevice {
		if d.Weight != nil {
			p.ioWeight(device(d.Major, d.Minor), *d.Weight)
		}
	}
	for _, throttle := range []struct {
		key  string
		list []specs.LinuxThrottleDevice
	}{{"rbps", b.ThrottleReadBpsDevice}, {"wbps", b.ThrottleWriteBpsDevice}, {"riops", b.ThrottleReadIOPSDevice}, {"wiops", b.ThrottleWriteIOPSDevice}} {
		for _, d := range throttle.list {
			rate := "max"
			if d.Rate != 0 {
				rate = strconv.FormatUint(d.Rate, 10)
			}
			p.set("io.max", device(d.Major, d.Minor)+" "+throttle.key+"="+rate)
		}
	}
}

func (p *plan) ioWeight(of string, weight uint16) {
	if weight < 10 || weight > 1000 {
		p.fail("blockIO.weight", fmt.Sprintf("%d: a weight is 10 to 1000", weight))
	}
	p.set("io.weight", of+" "+strconv.FormatUint(BlockIOWeight(weight), 10))
}

func device(major, minor int64) string {
	return strconv.FormatInt(major, 10) + ":" + strconv.FormatInt(minor, 10)
}

// pageSize tells whether s may be part of a file's name, as mem_fmt() of mm/hugetlb_cgroup.c writes it.
func pageSize(s string) bool {
	digits := strings.TrimRight(s, "KMGB")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && slices.Contains([]string{"KB", "MB", "GB"}, s[len(digits):])
}

func (p *plan) rdma(devices map[string]specs.LinuxRdma) {
	for _, name := range sorted(devices) {
		var words []string
		if n := devices[name].HcaHandles; n != nil {
			words = append(words, fmt.Sprintf("hca_handle=%d", *n))
		}
		if n := devices[name].HcaObjects; n != nil {
			words = append(words, fmt.Sprintf("hca_object=%d", *n))
		}
		switch {
		case len(strings.Fields(name)) != 1 || strings.TrimSpace(name) != name:
			p.fail("rdma", strconv.Quote(name)+" is no name of a device")
		case words != nil:
			p.set("rdma.max", name+" "+strings.Join(words, " "))
		}
	}
}

// unified takes the files of cgroup v2 as they are; they win over what was converted.
func (p *plan) unified(files map[string]string) {
	for _, file := range sorted(files) {
		controller, rest, dot := strings.Cut(file, ".")
		switch {
		case !dot || controller == "" || rest == "" || strings.ContainsAny(file, "/\x00\n"):
			p.fail("unified", strconv.Quote(file)+" is no file of a cgroup, such as memory.high")
			return
		case controller == "cgroup":
			p.fail("unified", strconv.Quote(file)+" is no limit; pause, kill and the manager of cgroups are for that")
			return
		}
		if strings.TrimSpace(files[file]) == "" {
			p.fail("unified", strconv.Quote(file)+" has no value")
			return
		}
		p.list = slices.DeleteFunc(p.list, func(s Setting) bool { return s.File == file })
		for line := range strings.Lines(files[file]) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if file == "io.weight" && !strings.Contains(line, " ") {
				line = "default " + line
			}
			p.set(file, line)
		}
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
