package cgroup2

import (
	"math"
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
			list = append(list, property{byNumber[s.File], dbus.MakeVariant(number(s.Value))})
		case bySet[s.File] != "":
			if set, err := ParseSet(s.Value); err == nil {
				list = append(list, property{bySet[s.File], dbus.MakeVariant(set.Bits())})
			}
		case s.File == "cpu.max":
			list = append(list, quotas(s.Value)...)
		case s.File == "io.weight" && strings.HasPrefix(s.Value, "default "):
			list = append(list, property{"IOWeight", dbus.MakeVariant(number(s.Value[len("default "):]))})
		case s.File == "io.max":
			dev, rate, _ := strings.Cut(s.Value, " ")
			key, n, _ := strings.Cut(rate, "=")
			if name := byRate[key]; name != "" {
				rates[name] = append(rates[name], throttle{"/dev/block/" + dev, number(n)})
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
	each, n := number(period), number(quota)
	list := []property{{"CPUQuotaPeriodUSec", dbus.MakeVariant(each)}}
	if n != math.MaxUint64 {
		n = n * 1_000_000 / each
	}
	return append(list, property{"CPUQuotaPerSecUSec", dbus.MakeVariant(n)})
}

// number reads a value that Plan has made; "max" is what systemd writes "infinity".
func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return math.MaxUint64
	}
	return n
}
