package cgroup2

import (
	"encoding/json"
	"testing"
)

func TestStatsAreReadFromFiles(t *testing.T) {
	g := group(t, map[string]string{
		"cgroup.events":  "populated 1\nfrozen 0\n",
		"cpu.stat":       "usage_usec 300\nuser_usec 200\nsystem_usec 100\nnr_periods 4\nthrottled_usec 50\n",
		"memory.current": "1000\n", "memory.max": "max\n", "memory.peak": "2000\n", "memory.stat": "anon 1\ninactive_file 300\n",
		"memory.swap.current": "0\n", "memory.swap.max": "5\n", "memory.events": "oom 9\noom_kill 2\n",
		"pids.current": "3\n", "pids.max": "10\n",
		"io.stat":         "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=9 dios=9\n8:16 rbytes=10 wbytes=20 rios=30 wios=40\n",
		"cpu.pressure":    "some avg10=1.50 avg60=2.00 avg300=3.00 total=4\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=0\n",
		"memory.pressure": "full avg10=9.00 avg60=0.00\n",
		"io.pressure":     "",
	})
	s, err := g.Stats()
	must(t, err)
	b, err := json.Marshal(s)
	must(t, err)
	const want = `{"cpu_usec":300,"cpu_user_usec":200,"cpu_system_usec":100,"cpu_throttled_usec":50,"memory_bytes":700,"memory_current_bytes":1000,` +
		`"memory_peak_bytes":2000,"swap_bytes":0,"swap_limit_bytes":5,"oom_kills":2,"pids":3,"pids_limit":10,` +
		`"io_read_bytes":11,"io_write_bytes":22,"io_reads":33,"io_writes":44,"cpu_pressure_avg10":1.5}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

// The two files are read one after the other, so the cache may be more than all of it was.
func TestMemoryIsNeverLessThanNothing(t *testing.T) {
	g := group(t, map[string]string{"cgroup.events": "", "memory.current": "100\n", "memory.stat": "inactive_file 300\n"})
	if s, err := g.Stats(); err != nil || s.Memory == nil || *s.Memory != 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestStatsOfACgroupWithoutControllersAreNone(t *testing.T) {
	g := group(t, map[string]string{"cgroup.events": "populated 0\n", "cpu.stat": "usage_usec 1\n"})
	s, err := g.Stats()
	must(t, err)
	if b, err := json.Marshal(s); err != nil || string(b) != `{"cpu_usec":1}` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestStatsOfACgroupThatIsGoneAreAnError(t *testing.T) {
	if _, err := group(t, nil).Stats(); !Gone(err) {
		t.Errorf("got %v", err)
	}
	if Gone(nil) {
		t.Error("no error tells that it is gone")
	}
}
