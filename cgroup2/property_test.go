package cgroup2

import (
	"fmt"
	"strings"
	"testing"
)

// texts are properties with their D-Bus signatures.
func texts(list []property) string {
	var lines []string
	for _, p := range list {
		lines = append(lines, fmt.Sprintf("%s %s %v", p.Name, p.Value.Signature(), p.Value.Value()))
	}
	return strings.Join(lines, "\n")
}

// systemd refuses a value of another type than its own: org.freedesktop.systemd1(5).
func TestPropertiesHaveTheTypesOfSystemd(t *testing.T) {
	const infinity = "18446744073709551615"
	for _, c := range []struct{ file, value, want string }{
		{"memory.max", "1000", "MemoryMax t 1000"},
		{"memory.max", "max", "MemoryMax t " + infinity},
		{"memory.high", "1", "MemoryHigh t 1"},
		{"memory.low", "2", "MemoryLow t 2"},
		{"memory.min", "3", "MemoryMin t 3"},
		{"memory.swap.max", "0", "MemorySwapMax t 0"},
		{"cpu.weight", "100", "CPUWeight t 100"},
		{"pids.max", "5", "TasksMax t 5"},
		{"pids.max", "max", "TasksMax t " + infinity},
		{"cpu.max", "20000 100000", "CPUQuotaPeriodUSec t 100000\nCPUQuotaPerSecUSec t 200000"},
		{"cpu.max", "10000 30000", "CPUQuotaPeriodUSec t 30000\nCPUQuotaPerSecUSec t 333333"},
		{"cpu.max", "max 100000", "CPUQuotaPeriodUSec t 100000\nCPUQuotaPerSecUSec t " + infinity},
		{"cpuset.cpus", "0-2,9", "AllowedCPUs ay [7 2]"},
		{"cpuset.mems", "0", "AllowedMemoryNodes ay [1]"},
		{"io.weight", "default 50", "IOWeight t 50"},
		{"io.max", "8:0 rbps=1", "IOReadBandwidthMax a(st) [{/dev/block/8:0 1}]"},
		{"io.max", "8:0 wbps=max", "IOWriteBandwidthMax a(st) [{/dev/block/8:0 " + infinity + "}]"},
		{"io.max", "8:0 riops=3", "IOReadIOPSMax a(st) [{/dev/block/8:0 3}]"},
		{"io.max", "8:0 wiops=4", "IOWriteIOPSMax a(st) [{/dev/block/8:0 4}]"},
		// Those are written to their files.
		{"io.weight", "8:0 50", ""}, {"memory.oom.group", "1", ""}, {"hugetlb.2MB.max", "0", ""}, {"cpu.max.burst", "1", ""},
		{"cpu.idle", "1", ""}, {"rdma.max", "mlx4_0 hca_handle=1", ""}, {"cpuset.cpus", "0-x", ""}, {"io.max", "8:0", ""}, {"io.max", "8:0 x=1", ""},
	} {
		if got := texts(properties([]Setting{{File: c.file, Value: c.value}})); got != c.want {
			t.Errorf("%s %q gives\n%s\nwant\n%s", c.file, c.value, got, c.want)
		}
	}
}

// A second property of the same name would replace the first.
func TestRatesOfSeveralDevicesAreOneProperty(t *testing.T) {
	got := texts(properties([]Setting{{File: "io.max", Value: "8:0 wbps=1"}, {File: "io.max", Value: "8:0 rbps=2"}, {File: "io.max", Value: "8:16 wbps=3"}}))
	want := "IOReadBandwidthMax a(st) [{/dev/block/8:0 2}]\nIOWriteBandwidthMax a(st) [{/dev/block/8:0 1} {/dev/block/8:16 3}]"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What Plan takes over from "unified" as it is must neither stop the program nor become no limit at all.
func TestPropertiesOfUnifiedValuesAreRightOrLeftOut(t *testing.T) {
	for _, c := range []struct{ file, value, want string }{
		{"cpu.max", "50000", ""},   // the kernel keeps the period, systemd takes 0 for it
		{"cpu.max", "50000 0", ""}, // a division by zero
		{"cpu.max", "x y", ""},
		{"cpu.max", "9223372036854775807 100000", ""}, // more than can be multiplied
		{"memory.max", "1G", ""},                      // the kernel's own notation, and not infinity
		{"pids.max", "many", ""},
		{"io.weight", "default x", ""},
		{"io.max", "8:0 rbps=1 wbps=2", "IOReadBandwidthMax a(st) [{/dev/block/8:0 1}]\nIOWriteBandwidthMax a(st) [{/dev/block/8:0 2}]"},
	} {
		t.Run(c.file+" "+c.value, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("panic: %v", r)
				}
			}()
			if got := texts(properties([]Setting{{File: c.file, Value: c.value}})); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestAScopeIsDelegatedAndOutlivesAnOOMKill(t *testing.T) {
	got := texts(scopeProperties(Request{Description: "urun web", PID: 7, Settings: []Setting{{File: "pids.max", Value: "5"}}}))
	want := "Description s urun web\nPIDs au [7]\nDelegate b true\nCollectMode s inactive-or-failed\nOOMPolicy s continue\nTasksMax t 5"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = texts(scopeProperties(Request{PID: 7, Parent: "work.slice", Settings: []Setting{{File: "memory.oom.group", Value: "1"}}}))
	want = "Description s \nPIDs au [7]\nDelegate b true\nCollectMode s inactive-or-failed\nOOMPolicy s kill\nSlice s work.slice"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
