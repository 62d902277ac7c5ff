package cgroup2

import (
	"os"
	"strconv"
	"testing"
)

func TestSettingsHold(t *testing.T) {
	page := strconv.Itoa(os.Getpagesize())
	for _, c := range []struct {
		file, want, have string
		holds            bool
	}{
		{"memory.max", "max", "max\n", true},
		{"memory.max", "max", page, false},
		{"memory.max", page, "max", false},
		{"memory.max", page + "0", page + "0\n", true},
		{"memory.max", strconv.Itoa(3*os.Getpagesize() + 1), strconv.Itoa(3 * os.Getpagesize()), true},
		{"memory.max", strconv.Itoa(3 * os.Getpagesize()), strconv.Itoa(2 * os.Getpagesize()), false},
		{"memory.swap.max", "0", "0\n", true},
		{"memory.swap.max", "0", "max\n", false},
		{"memory.max", "0", "", false},
		{"pids.max", "5", "5\n", true},
		{"pids.max", "5", "50", false},
		{"cpuset.cpus", "0,1,2", "0-2\n", true},
		{"cpuset.cpus", "0-2", "0-1\n", false},
		{"cpuset.cpus", "0", "\n", false}, // none of its own: all of the parent's
		{"cpuset.mems", "1,0", "0-1", true},
		{"cpu.max", "20000 100000", "20000 100000\n", true},
		{"cpu.max", "20000 100000", "2000 10000\n", true},
		{"cpu.max", "20000 100000", "10000 100000\n", false},
		{"cpu.max", "20000 100000", "30000 100000\n", false},
		{"cpu.max", "20000 100000", "max 100000\n", false},
		{"cpu.max", "max 100000", "max 100000\n", true},
		{"cpu.max", "max 100000", "1000 100000\n", false},
		{"cpu.max", "10000 30000", "9999 30000\n", true}, // by systemd: 333333 µs a second
		{"cpu.max", "10000 30000", "9900 30000\n", false},
		{"cpu.max", "1000 1000000", "1000 1000000", true},
		{"io.weight", "default 50", "default 50\n", true},
		{"io.weight", "default 50", "default 100\n8:0 50\n", false},
		{"io.weight", "8:0 50", "default 100\n8:0 50\n", true},
		{"io.max", "8:0 rbps=1", "8:0 rbps=1 wbps=max riops=max wiops=max\n", true},
		{"io.max", "8:0 rbps=1", "8:16 rbps=1 wbps=max\n", false},
		{"io.max", "8:0 rbps=1", "8:0 rbps=10 wbps=1\n", false},
		{"io.max", "8:0 rbps=1 wiops=2", "8:0 rbps=1 wbps=max riops=max wiops=2\n", true},
		{"io.max", "8:0 rbps=max", "", true}, // the kernel leaves out a device without limits
		{"io.max", "8:0 rbps=max", "8:0 rbps=1\n", false},
		{"io.max", "8:0", "", false},
		{"rdma.max", "mlx4_0 hca_handle=2", "mlx4_0 hca_handle=2 hca_object=max\n", true},
		{"hugetlb.2MB.max", "0", "0\n", true},
		{"cpu.weight", "100", "100\n", true},
	} {
		if got := (Setting{File: c.file, Value: c.want}).holds(c.have); got != c.holds {
			t.Errorf("%s=%q holds with %q: %v", c.file, c.want, c.have, got)
		}
	}
}

// Rounding down to pages made 0 of a switch that is 1, so memory.oom.group was never written.
func TestSwitchesOfMemoryAreNoBytes(t *testing.T) {
	for _, file := range []string{"memory.oom.group", "memory.zswap.writeback"} {
		if (Setting{File: file, Value: "1"}).holds("0\n") {
			t.Errorf("%s=1 holds with 0", file)
		}
		if !(Setting{File: file, Value: "1"}).holds("1\n") {
			t.Errorf("%s=1 does not hold with 1", file)
		}
	}
}

// The kernel understands more than it writes.
func TestSettingsHoldInTheKernelsOtherNotations(t *testing.T) {
	for _, c := range []struct{ file, want, have string }{
		{"memory.max", "1G", "1073741824\n"},
		{"memory.high", "64k", "65536\n"},
		{"cpu.max", "50000", "50000 100000\n"},
		{"cpu.max", "max", "max 100000\n"},
		{"io.max", "8:0 rbps=max wbps=max", ""},
		{"io.weight", "8:0 default", "default 100\n"},
	} {
		if !(Setting{File: c.file, Value: c.want}).holds(c.have) {
			t.Errorf("%s=%q does not hold with %q", c.file, c.want, c.have)
		}
	}
}
