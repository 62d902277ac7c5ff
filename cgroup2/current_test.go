package cgroup2

import "testing"

func TestCurrentIsWhatUndoesAChange(t *testing.T) {
	g := group(t, map[string]string{
		"memory.max": "max\n", "pids.max": "7\n", "cpuset.cpus": "\n", "cpu.max": "max 100000\n",
		"io.max": "8:0 rbps=5 wbps=max riops=max wiops=6\n8:16 rbps=1 wbps=1 riops=1 wiops=1\n", "io.weight": "default 100\n8:0 30\n",
		"rdma.max": "mlx4_0 hca_handle=2 hca_object=max\n",
	})
	for _, c := range []struct{ file, value, want string }{
		{"memory.max", "5", "memory.max=max"},
		{"pids.max", "5", "pids.max=7"},
		{"cpuset.cpus", "0", ""},
		{"cpu.max", "1000 1000", `cpu.max="max 100000"`},
		{"memory.high", "5", ""}, // the cgroup lacks it
		{"io.max", "8:0 rbps=1", `io.max="8:0 rbps=5"`},
		{"io.max", "8:0 wbps=1", `io.max="8:0 wbps=max"`},
		{"io.max", "8:0 wiops=1 rbps=2", `io.max="8:0 wiops=6 rbps=5"`},
		{"io.max", "8:32 rbps=1", `io.max="8:32 rbps=max"`},
		{"io.weight", "default 5", `io.weight="default 100"`},
		{"io.weight", "8:0 5", `io.weight="8:0 30"`},
		{"io.weight", "8:16 5", `io.weight="8:16 default"`},
		{"rdma.max", "mlx4_0 hca_handle=1 hca_object=1", `rdma.max="mlx4_0 hca_handle=2 hca_object=max"`},
	} {
		if got := show(g.Current([]Setting{{File: c.file, Value: c.value}})); got != c.want {
			t.Errorf("%s=%q: got %s, want %s", c.file, c.value, got, c.want)
		}
	}
}
