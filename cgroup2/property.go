package cgroup2

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/godbus/dbus/v5"
)

// property is a unit's property as StartTransientUnit and SetUnitProperties take it;
// org.freedesktop.systemd1(5) lists them.
type property struct {
	Name  string
	Value dbus.Variant
}

// throttle is one device's rate, as the IO…Max properties have it.
type throttle struct {
	Path string
	Rate uint64
}

var byNumber = map[string]string{
	"memory.max": "MemoryMax", "memory.high": "MemoryHigh", "memory.low": "MemoryLow", "memory.min": "MemoryMin",
	"memory.swap.max": "MemorySwapMax", "cpu.weight": "CPUWeight", "pids.max": "TasksMax",
}

var bySet = map[string]string{"cpuset.cpus": "AllowedCPUs", "cpuset.mems": "AllowedMemoryNodes"}

var byRate = map[string]string{"rbps": "IOReadBandwidthMax", "wbps": "IOWriteBandwidthMax", "riops": "IOReadIOPSMax", "wiops": "IOWriteIOPSMax"}

// properties are the settings that systemd has a name for. The others are written to
// the files, once the scope is there.
func properties(settings []Setting) []property {
	var list []property
	rates := map[string][]throttle{}
	for _, s := range settings {
		switch {
		case byNumber[s.File] != "":
			if n, ok := limit(s.Value); ok {
				list = append(list, property{byNumber[s.File], dbus.MakeVariant(n)})
			}
		case bySet[s.File] != "":
			if set, err := ParseSet(s.Value); err == nil {
				list = append(list, property{bySet[s.File], dbus.MakeVariant(set.Bits())})
			}
		case s.File == "cpu.max":
			list = append(list, quotas(s.Value)...)
		case s.File == "io.weight" && strings.HasPrefix(s.Value, "default "):
			if n, ok := limit(s.Value[len("default "):]); ok {
				list = append(list, property{"IOWeight", dbus.MakeVariant(n)})
			}
		case s.File == "io.max":
			words := strings.Fields(s.Value)
			for _, w := range words[1:] {
				key, rate, _ := strings.Cut(w, "=")
				if n, ok := limit(rate); ok && byRate[key] != "" {
					rates[byRate[key]] = append(rates[byRate[key]], throttle{"/dev/block/" + words[0], n})
				}
			}
		}
	}
	for _, name := range sorted(rates) {
		list = append(list, property{name, dbus.MakeVariant(rates[name])})
	}
	return list
}

// quotas are the two properties of cpu.max: microseconds of CPU in a second, and the
// length of the period.
func quotas(value string) []property {
	quota, period, _ := strings.Cut(value, " ")
	each, ok := limit(period)
	n, fine := limit(quota)
	if !ok || !fine || each == 0 || n != math.MaxUint64 && n > math.MaxUint64/1_000_000 {
		return nil
	}
	list := []property{{"CPUQuotaPeriodUSec", dbus.MakeVariant(each)}}
	if n != math.MaxUint64 {
		n = n * 1_000_000 / each
	}
	return append(list, property{"CPUQuotaPerSecUSec", dbus.MakeVariant(n)})
}

// limit reads a number, or "max", which is what systemd writes "infinity". The kernel reads more than that: what comes
// from "unified" in another notation is left to the file.
func limit(s string) (n uint64, ok bool) {
	if s == "max" {
		return math.MaxUint64, true
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

func number(s string) uint64 {
	n, _ := limit(s)
	return n
}

// scopeProperties are those of a delegated scope that the kernel's OOM killer does not
// make systemd stop as a whole, and that is forgotten when it ends.
func scopeProperties(r Request) []property {
	policy := "continue"
	if slices.ContainsFunc(r.Settings, func(s Setting) bool { return s.File == "memory.oom.group" && s.Value == "1" }) {
		policy = "kill" // it is systemd's name for that file, and it would write 0 into it
	}
	list := []property{
		{"Description", dbus.MakeVariant(r.Description)},
		{"PIDs", dbus.MakeVariant([]uint32{uint32(r.PID)})},
		{"Delegate", dbus.MakeVariant(true)},
		{"CollectMode", dbus.MakeVariant("inactive-or-failed")},
		{"OOMPolicy", dbus.MakeVariant(policy)},
	}
	if r.Parent != "" {
		list = append(list, property{"Slice", dbus.MakeVariant(r.Parent)})
	}
	return append(list, properties(r.Settings)...)
}
