package ocispec

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// LimitFlags choose how much of the machine the container may use, all of its processes together.
type LimitFlags struct {
	Memory            string   `name:"memory" short:"m" placeholder:"SIZE" help:"Memory, such as 512m or 2g. Swap is limited to as much again; see --memory-swap."`
	MemoryReservation string   `name:"memory-reservation" placeholder:"SIZE" help:"Memory that is taken from it last when the machine has little."`
	MemorySwap        string   `name:"memory-swap" placeholder:"SIZE" help:"Memory and swap together; the value of --memory is no swap, max is as much as there is."`
	CPUs              string   `name:"cpus" placeholder:"N" help:"CPU time, in CPUs: 0.5 is half of one."`
	CPUWeight         string   `name:"cpu-weight" placeholder:"N" help:"Share of the CPUs beside others, 1 to 10000 (100)."`
	CPUShares         string   `name:"cpu-shares" short:"c" placeholder:"N" help:"The same on the scale of cgroup v1, 2 to 262144 (1024)."`
	CPUQuota          string   `name:"cpu-quota" placeholder:"USEC" help:"CPU time in each --cpu-period, in microseconds."`
	CPUPeriod         string   `name:"cpu-period" placeholder:"USEC" help:"Length of the period, 1000 to 1000000 microseconds (100000)."`
	CpusetCPUs        string   `name:"cpuset-cpus" placeholder:"LIST" help:"The CPUs it may run on, such as 0-2,7."`
	CpusetMems        string   `name:"cpuset-mems" placeholder:"LIST" help:"The memory nodes it may use."`
	PidsLimit         string   `name:"pids-limit" placeholder:"N" help:"Processes and threads."`
	IOWeight          string   `name:"io-weight" placeholder:"N" help:"Share of block devices beside others, 1 to 10000 (100)."`
	BlkioWeight       string   `name:"blkio-weight" placeholder:"N" help:"The same on the scale of cgroup v1, 10 to 1000."`
	DeviceReadBps     []string `name:"device-read-bps" placeholder:"DEVICE:SIZE" sep:"none" help:"Bytes a second read from a block device. May be repeated, as the next three."`
	DeviceWriteBps    []string `name:"device-write-bps" placeholder:"DEVICE:SIZE" sep:"none" help:"Bytes a second written."`
	DeviceReadIOPS    []string `name:"device-read-iops" placeholder:"DEVICE:N" sep:"none" help:"Reads a second."`
	DeviceWriteIOPS   []string `name:"device-write-iops" placeholder:"DEVICE:N" sep:"none" help:"Writes a second."`
	OOMGroup          *bool    `name:"oom-group" negatable:"" help:"When memory runs out, kill all of its processes and not the biggest alone."`
}

// SmallestMemory is docker's, too. Until its exec the first process shares urun's memory, so that a limit which the start itself
// meets would have the kernel kill urun as well.
const SmallestMemory = 6 << 20

const noLimitWords = "write max for no limit"

// Resources are the limits as the runtime specification has them; nil when there are none. impliedSwap tells that the limit on
// swap follows from the one on memory and that nobody asked for it. device finds the numbers of a block device.
func (f *LimitFlags) Resources(device func(path string) (major, minor int64, ok bool)) (r *specs.LinuxResources, impliedSwap bool, err error) {
	l := limits{unified: map[string]string{}}
	impliedSwap = l.memoryFlags(f)
	l.cpuFlags(f)
	if f.PidsLimit != "" {
		l.r.Pids = &specs.LinuxPids{Limit: l.count("--pids-limit", f.PidsLimit, 1, math.MaxInt32)}
	}
	l.ioFlags(f, device)
	if f.OOMGroup != nil {
		l.unified["memory.oom.group"] = map[bool]string{true: "1", false: "0"}[*f.OOMGroup]
	}
	if l.err != nil || !l.any() {
		return nil, false, l.err
	}
	if len(l.unified) > 0 {
		l.r.Unified = l.unified
	}
	return &l.r, impliedSwap, nil
}

// limits are resources in the making, and the first error.
type limits struct {
	r       specs.LinuxResources
	unified map[string]string // files of cgroup v2, for what has no field
	err     error
}

func (l *limits) any() bool {
	return l.r.Memory != nil || l.r.CPU != nil || l.r.Pids != nil || l.r.BlockIO != nil || len(l.unified) > 0
}

func (l *limits) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

func (l *limits) memoryFlags(f *LimitFlags) (impliedSwap bool) {
	if f.Memory == "" && f.MemoryReservation == "" && f.MemorySwap == "" {
		return false
	}
	m := &specs.LinuxMemory{
		Limit:       l.bytes("--memory", f.Memory),
		Reservation: l.bytes("--memory-reservation", f.MemoryReservation),
		Swap:        l.bytes("--memory-swap", f.MemorySwap),
	}
	l.r.Memory = m
	switch limited := m.Limit != nil && *m.Limit > 0; {
	case l.err != nil:
	case limited && *m.Limit < SmallestMemory:
		l.fail(bad("--memory", f.Memory, "no container can start with so little; write 6m or more, with the unit"))
	case limited && m.Reservation != nil && *m.Reservation > *m.Limit:
		l.fail(bad("--memory-reservation", f.MemoryReservation, "it is more than --memory "+f.Memory))
	case m.Swap != nil && *m.Swap > 0 && !limited:
		l.fail(bad("--memory-swap", f.MemorySwap, "it is memory and swap together; give --memory a size, too"))
	case m.Swap != nil && *m.Swap > 0 && *m.Swap < *m.Limit:
		l.fail(bad("--memory-swap", f.MemorySwap, "it is memory and swap together, so it is not less than --memory "+f.Memory))
	case m.Swap == nil && m.Limit != nil && !limited:
		none := int64(-1)
		m.Swap = &none
		return true
	case m.Swap == nil && limited && *m.Limit <= math.MaxInt64/2:
		both := 2 * *m.Limit // as podman and docker
		m.Swap = &both
		return true
	}
	return false
}

// bytes reads a size; -1 is none.
func (l *limits) bytes(flag, value string) *int64 {
	if value == "" {
		return nil
	}
	n := int64(-1)
	if !unlimited(value) {
		var ok bool
		if n, ok = parseSize(value); !ok {
			l.fail(bad(flag, value, "write a size above zero, a whole number and a unit, such as 512m or 2g; "+noLimitWords))
		}
	}
	return &n
}

func unlimited(value string) bool { return value == "max" || value == "-1" || value == "unlimited" }

// count reads a number between two; -1 is no limit.
func (l *limits) count(flag, value string, least, most int64) *int64 {
	n := int64(-1)
	if !unlimited(value) {
		n = l.number(flag, value, least, most, "; "+noLimitWords)
	}
	return &n
}

func (l *limits) number(flag, value string, least, most int64, more string) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < least || n > most {
		l.fail(bad(flag, value, "write a number from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10)+more))
	}
	return n
}

func (l *limits) cpuFlags(f *LimitFlags) {
	c := specs.LinuxCPU{Cpus: f.CpusetCPUs, Mems: f.CpusetMems}
	if f.CPUPeriod != "" {
		period := uint64(l.number("--cpu-period", f.CPUPeriod, 1000, 1_000_000, ""))
		c.Period = &period
	}
	if f.CPUQuota != "" {
		c.Quota = l.count("--cpu-quota", f.CPUQuota, 1000, math.MaxInt64/1_000_000)
	}
	switch {
	case f.CPUs == "":
	case f.CPUQuota != "" || f.CPUPeriod != "":
		l.fail(bad("--cpus", f.CPUs, "--cpu-quota and --cpu-period say the same; give one or the other"))
	default:
		c.Quota, c.Period = l.cpus(f.CPUs)
	}
	if f.CPUShares != "" {
		shares := uint64(l.number("--cpu-shares", f.CPUShares, 2, 262144, ""))
		c.Shares = &shares
	}
	if f.CPUWeight != "" {
		if f.CPUShares != "" {
			l.fail(bad("--cpu-weight", f.CPUWeight, "--cpu-shares is the same on another scale; give one of them"))
		}
		l.unified["cpu.weight"] = strconv.FormatInt(l.number("--cpu-weight", f.CPUWeight, 1, 10000, ""), 10)
	}
	for _, set := range []struct{ flag, value string }{{"--cpuset-cpus", f.CpusetCPUs}, {"--cpuset-mems", f.CpusetMems}} {
		if set.value != "" && !validSet(set.value) {
			l.fail(bad(set.flag, set.value, "write a list of numbers, such as 0-2,7"))
		}
	}
	if c != (specs.LinuxCPU{}) {
		l.r.CPU = &c
	}
}

// validSet tells whether a list is one of cpuset(7), such as 0-2,7.
func validSet(list string) bool {
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.ParseUint(first, 10, 16)
		to, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil || from > to || to >= 8192 { // as many CPUs as Linux knows
			return false
		}
	}
	return true
}

// cpus turns a number of CPUs into a quota of the usual period.
func (l *limits) cpus(value string) (quota *int64, period *uint64) {
	const each = 100_000
	q, p := int64(-1), uint64(each)
	if !unlimited(value) {
		n, err := strconv.ParseFloat(value, 64)
		if q = int64(math.Round(n * each)); err != nil || !(n > 0) || n > 1<<20 || q < 1000 {
			l.fail(bad("--cpus", value, "write a number of CPUs, 0.01 or more, such as 0.5 or 2; "+noLimitWords))
		}
	}
	return &q, &p
}

func (l *limits) ioFlags(f *LimitFlags, device func(string) (int64, int64, bool)) {
	var b specs.LinuxBlockIO
	if f.BlkioWeight != "" {
		weight := uint16(l.number("--blkio-weight", f.BlkioWeight, 10, 1000, ""))
		b.Weight = &weight
	}
	if f.IOWeight != "" {
		if f.BlkioWeight != "" {
			l.fail(bad("--io-weight", f.IOWeight, "--blkio-weight is the same on another scale; give one of them"))
		}
		l.unified["io.weight"] = strconv.FormatInt(l.number("--io-weight", f.IOWeight, 1, 10000, ""), 10)
	}
	for _, rate := range []struct {
		flag   string
		values []string
		bytes  bool
		to     *[]specs.LinuxThrottleDevice
	}{
		{"--device-read-bps", f.DeviceReadBps, true, &b.ThrottleReadBpsDevice},
		{"--device-write-bps", f.DeviceWriteBps, true, &b.ThrottleWriteBpsDevice},
		{"--device-read-iops", f.DeviceReadIOPS, false, &b.ThrottleReadIOPSDevice},
		{"--device-write-iops", f.DeviceWriteIOPS, false, &b.ThrottleWriteIOPSDevice},
	} {
		for _, value := range rate.values {
			*rate.to = append(*rate.to, l.throttle(rate.flag, value, rate.bytes, device))
		}
	}
	if hasBlockIO(&b) {
		l.r.BlockIO = &b
	}
}

func (l *limits) throttle(flag, value string, bytes bool, device func(string) (int64, int64, bool)) (d specs.LinuxThrottleDevice) {
	at := strings.LastIndexByte(value, ':')
	form := map[bool]string{true: "/dev/sda:1m", false: "/dev/sda:100"}[bytes]
	if at < 1 || value[0] != '/' {
		l.fail(bad(flag, value, "write DEVICE:RATE, such as "+form))
		return d
	}
	path, rate := value[:at], value[at+1:]
	var ok bool
	if d.Major, d.Minor, ok = device(path); !ok {
		l.fail(bad(flag, value, "there is no block device "+strconv.Quote(path)))
	}
	if unlimited(rate) {
		return d // 0 is no limit
	}
	n, ok := parseSize(rate)
	if !ok || !bytes && strings.Trim(rate, "0123456789") != "" {
		l.fail(bad(flag, value, "write a rate above zero, such as "+form))
	}
	d.Rate = uint64(n)
	return d
}

// CgroupFlags choose where the container is limited, and what it sees of that.
type CgroupFlags struct {
	Cgroup         string `name:"cgroup" placeholder:"MANAGER" help:"Who makes the container's cgroup: auto (systemd or cgroupfs, when there is a limit), systemd (a scope of yours), cgroupfs (a directory delegated to you), none."`
	CgroupParent   string `name:"cgroup-parent" placeholder:"PARENT" help:"Where: a slice of systemd's, or a directory below /sys/fs/cgroup."`
	Slice          string `name:"slice" placeholder:"NAME.slice" help:"The slice of systemd's that the scope is in."`
	CgroupWritable bool   `name:"cgroup-writable" help:"Let the container make cgroups in its own, as a systemd inside does."`
}

func (f *CgroupFlags) apply(b *build) error {
	x := b.extra
	x.Cgroup = f.Cgroup
	parent := f.CgroupParent
	switch {
	case f.Slice != "" && parent != "":
		return bad("--slice", f.Slice, "--cgroup-parent says the same; give one of them")
	case f.Slice != "" && !validSlice(f.Slice):
		return bad("--slice", f.Slice, "write the name of a slice, such as work.slice")
	case f.Slice != "" && f.Cgroup == "cgroupfs":
		return bad("--slice", f.Slice, "a slice is systemd's; leave --cgroup cgroupfs out, or name a directory with --cgroup-parent")
	case f.Slice != "":
		parent = f.Slice
	case strings.HasSuffix(parent, ".slice") && !strings.Contains(parent, "/") && !validSlice(parent):
		return bad("--cgroup-parent", parent, "write the name of a slice, such as work.slice, or a directory")
	case strings.Contains(parent, ":"):
		return bad("--cgroup-parent", parent, "a colon parts a slice from a name; write a directory without one")
	case slices.Contains(strings.Split(parent, "/"), ".."):
		return bad("--cgroup-parent", parent, "write a directory below /sys/fs/cgroup, without \"..\"")
	}
	slice := validSlice(parent)
	switch f.Cgroup {
	case "", "auto":
		switch {
		case parent == "":
			x.Cgroup = "auto"
		case slice:
			x.Cgroup = "systemd"
		default:
			x.Cgroup = "cgroupfs"
		}
	case "systemd":
		if parent != "" && !slice {
			return bad("--cgroup-parent", parent, "systemd's cgroups are in slices: write the name of one, such as work.slice, or --cgroup cgroupfs")
		}
	case "cgroupfs":
		if slice {
			return bad("--cgroup-parent", parent, "a slice is systemd's; write a directory, or --cgroup systemd")
		}
	case "none", "disabled":
		x.Cgroup = "none"
		switch {
		case b.spec.Linux.Resources != nil:
			return errors.New("--cgroup none: there is a limit among the flags, and it needs a cgroup; leave one of them out")
		case parent != "" || f.CgroupWritable:
			return errors.New("--cgroup none: then there is no cgroup for --cgroup-parent, --slice and --cgroup-writable")
		}
	default:
		return bad("--cgroup", f.Cgroup, "there is auto (the default), systemd, cgroupfs and none")
	}
	x.CgroupWritable = f.CgroupWritable
	x.OwnCgroup = x.Cgroup != "none" && (x.Cgroup != "auto" || b.spec.Linux.Resources != nil || f.CgroupWritable)
	if x.OwnCgroup {
		b.spec.Linux.CgroupsPath = cgroupsPath(parent, slice, b.name())
	}
	return nil
}

// cgroupsPath is the path as runc reads it: SLICE:PREFIX:NAME where systemd may be asked, else a directory.
func cgroupsPath(parent string, slice bool, name string) string {
	if parent == "" || slice {
		return parent + ":urun:" + name
	}
	return strings.TrimSuffix(parent, "/") + "/urun-" + name
}

// name is what the container is called where it has to have a name.
func (b *build) name() string {
	switch {
	case b.extra.Name != "":
		return b.extra.Name
	case len(b.in.ID) >= 12:
		return b.in.ID[:12]
	}
	return "unnamed"
}

func validSlice(s string) bool {
	name, ok := strings.CutSuffix(s, ".slice")
	return ok && len(s) <= 200 && wordOf(name, "_.-") && !strings.HasSuffix(name, "-") && !strings.Contains(name, "--")
}

func (f *LimitFlags) apply(b *build) (err error) {
	device := b.in.BlockDevice
	if device == nil {
		device = func(string) (int64, int64, bool) { return 8, 0, true }
	}
	b.spec.Linux.Resources, b.extra.ImpliedSwap, err = f.Resources(device)
	return err
}
