package cgroup2

import (
	"encoding/json"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// resources reads what a bundle has as linux.resources.
func resources(t *testing.T, text string) *specs.LinuxResources {
	t.Helper()
	r := new(specs.LinuxResources)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func show(settings []Setting) string {
	var words []string
	for _, s := range settings {
		words = append(words, s.String())
	}
	return strings.Join(words, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanConverts(t *testing.T) {
	for resource, want := range map[string]string{
		`{}`: ``, `{"memory":{},"cpu":{},"pids":{},"blockIO":{}}`: ``,

		`{"memory":{"limit":1000}}`:                       `memory.max=1000`,
		`{"memory":{"limit":-1}}`:                         `memory.max=max`,
		`{"memory":{"limit":0}}`:                          ``,
		`{"memory":{"reservation":7}}`:                    `memory.low=7`,
		`{"memory":{"reservation":-1}}`:                   `memory.low=max`,
		`{"memory":{"limit":1000,"swap":3000}}`:           `memory.max=1000 memory.swap.max=2000`,
		`{"memory":{"limit":1000,"swap":1000}}`:           `memory.max=1000 memory.swap.max=0`,
		`{"memory":{"limit":1000,"swap":0}}`:              `memory.max=1000`,
		`{"memory":{"limit":1000,"swap":-1}}`:             `memory.max=1000 memory.swap.max=max`,
		`{"memory":{"swap":-1}}`:                          `memory.swap.max=max`,
		`{"memory":{"limit":9223372036854775807}}`:        `memory.max=9223372036854775807`,
		`{"memory":{"limit":1,"reservation":1,"swap":3}}`: `memory.max=1 memory.low=1 memory.swap.max=2`,

		`{"cpu":{"shares":0}}`:      ``,
		`{"cpu":{"shares":1}}`:      `cpu.weight=1`,
		`{"cpu":{"shares":2}}`:      `cpu.weight=1`,
		`{"cpu":{"shares":1024}}`:   `cpu.weight=100`,
		`{"cpu":{"shares":262144}}`: `cpu.weight=10000`,
		`{"cpu":{"shares":999999}}`: `cpu.weight=10000`,

		`{"cpu":{"quota":50000}}`:                  `cpu.max="50000 100000"`,
		`{"cpu":{"quota":50000,"period":0}}`:       `cpu.max="50000 100000"`,
		`{"cpu":{"quota":1000,"period":1000}}`:     `cpu.max="1000 1000"`,
		`{"cpu":{"quota":1000,"period":1000000}}`:  `cpu.max="1000 1000000"`,
		`{"cpu":{"quota":300000,"period":100000}}`: `cpu.max="300000 100000"`,
		`{"cpu":{"quota":-1}}`:                     `cpu.max="max 100000"`,
		`{"cpu":{"quota":0}}`:                      `cpu.max="max 100000"`,
		`{"cpu":{"period":20000}}`:                 `cpu.max="max 20000"`,
		`{"cpu":{"quota":-1,"period":20000}}`:      `cpu.max="max 20000"`,
		`{"cpu":{"burst":5000}}`:                   `cpu.max.burst=5000`,
		`{"cpu":{"idle":1}}`:                       `cpu.idle=1`,
		`{"cpu":{"cpus":"0-2,7","mems":"0"}}`:      `cpuset.cpus=0-2,7 cpuset.mems=0`,

		`{"pids":{"limit":-1}}`:                  `pids.max=max`,
		`{"pids":{"limit":0}}`:                   `pids.max=max`,
		`{"pids":{"limit":1}}`:                   `pids.max=1`,
		`{"pids":{"limit":9223372036854775807}}`: `pids.max=max`,

		`{"blockIO":{"weight":0}}`:    ``,
		`{"blockIO":{"weight":10}}`:   `io.weight="default 1"`,
		`{"blockIO":{"weight":1000}}`: `io.weight="default 10000"`,
		`{"blockIO":{"weight":500,"weightDevice":[{"major":8,"minor":16,"weight":100}]}}`:               `io.weight="default 4950" io.weight="8:16 910"`,
		`{"blockIO":{"weightDevice":[{"major":8,"minor":16}]}}`:                                         ``,
		`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]}}`:                        `io.max="8:0 rbps=1"`,
		`{"blockIO":{"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":2}]}}`:                       `io.max="8:0 wbps=2"`,
		`{"blockIO":{"throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":3}]}}`:                       `io.max="8:0 riops=3"`,
		`{"blockIO":{"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":0}]}}`:                      `io.max="8:0 wiops=max"`,
		`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"rate":1},{"major":259,"minor":3,"rate":2}]}}`: `io.max="8:0 rbps=1" io.max="259:3 rbps=2"`,

		`{"hugepageLimits":[{"pageSize":"2MB","limit":4194304},{"pageSize":"1GB","limit":0}]}`: `hugetlb.2MB.max=4194304 hugetlb.1GB.max=0`,
		`{"rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":10000},"mlx4_0":{"hcaObjects":0}}}`:    `rdma.max="mlx4_0 hca_object=0" rdma.max="mlx5_1 hca_handle=3 hca_object=10000"`,
	} {
		settings, err := Plan(resources(t, resource))
		if got := show(settings); err != nil || got != want {
			t.Errorf("%s\ngives %s, %v\nwant  %s", resource, got, err, want)
		}
	}
	if settings, err := Plan(nil); settings != nil || err != nil {
		t.Errorf("no resources give %v, %v", settings, err)
	}
}

func TestPlanLetsUnifiedWin(t *testing.T) {
	for resource, want := range map[string]string{
		`{"unified":{"pids.max":"3","memory.high":"1G"}}`:                                                                    `memory.high=1G pids.max=3`,
		`{"memory":{"limit":1000,"swap":2000},"unified":{"memory.max":"77"}}`:                                                `memory.swap.max=1000 memory.max=77`,
		`{"unified":{"io.weight":"50"}}`:                                                                                     `io.weight="default 50"`,
		`{"unified":{"io.weight":"default 50\n8:0 60\n"}}`:                                                                   `io.weight="default 50" io.weight="8:0 60"`,
		`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"rate":1}]},"unified":{"io.max":"8:0 wbps=2\n\n8:16 riops=max\n"}}`: `io.max="8:0 wbps=2" io.max="8:16 riops=max"`,
		`{"unified":{"cpu.max":" max 20000 "}}`:                                                                              `cpu.max="max 20000"`,
	} {
		settings, err := Plan(resources(t, resource))
		if got := show(settings); err != nil || got != want {
			t.Errorf("%s\ngives %s, %v\nwant  %s", resource, got, err, want)
		}
	}
}

// A limit that was asked for is not taken back by a line without one.
func TestPlanRefusesAnEmptyUnifiedValue(t *testing.T) {
	settings, err := Plan(resources(t, `{"memory":{"limit":1000},"unified":{"memory.max":"\n"}}`))
	if err == nil {
		t.Errorf("got %q and no error", show(settings))
	}
}
