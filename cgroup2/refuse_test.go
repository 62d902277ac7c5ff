package cgroup2

import (
	"strings"
	"testing"
)

func TestPlanNamesTheFieldItRefuses(t *testing.T) {
	for resource, want := range map[string]string{
		`{"memory":{"limit":-2}}`:                         `memory.limit: -2 `,
		`{"memory":{"reservation":-9223372036854775808}}`: `memory.reservation: -9223372036854775808 `,
		`{"memory":{"swap":1000}}`:                        `memory.swap: `,
		`{"memory":{"limit":0,"swap":1000}}`:              `memory.swap: `,
		`{"memory":{"limit":-1,"swap":1000}}`:             `memory.swap: `,
		`{"memory":{"limit":1000,"swap":999}}`:            `memory.swap: `,
		`{"memory":{"limit":1000,"swap":-2}}`:             `memory.swap: `,
		`{"pids":{"limit":-2}}`:                           `pids.limit: -2 `,
		`{"cpu":{"quota":999}}`:                           `cpu.quota: 999`,
		`{"cpu":{"quota":-2}}`:                            `cpu.quota: -2`,
		`{"cpu":{"period":999}}`:                          `cpu.period: 999`,
		`{"cpu":{"quota":1000,"period":1000001}}`:         `cpu.period: 1000001`,
		`{"cpu":{"period":18446744073709551615}}`:         `cpu.period: 18446744073709551615`,
		`{"cpu":{"cpus":"0-"}}`:                           `cpu.cpus: "0-"`,
		`{"cpu":{"mems":"x"}}`:                            `cpu.mems: "x"`,
		`{"blockIO":{"weight":9}}`:                        `blockIO.weight: 9`,
		`{"blockIO":{"weight":1001}}`:                     `blockIO.weight: 1001`,
		`{"blockIO":{"weightDevice":[{"weight":65535}]}}`: `blockIO.weight`,
		`{"unified":{"memory":"1"}}`:                      `unified: "memory"`,
		`{"unified":{".max":"1"}}`:                        `unified: ".max"`,
		`{"unified":{"memory.":"1"}}`:                     `unified: "memory."`,
		`{"unified":{"":"1"}}`:                            `unified: ""`,
		`{"unified":{"../memory.max":"1"}}`:               `unified: "../memory.max"`,
		`{"unified":{"child/memory.max":"1"}}`:            `unified: "child/memory.max"`,
		`{"unified":{"memory.max\n":"1"}}`:                `unified: "memory.max\n"`,
		`{"unified":{"cgroup.procs":"1"}}`:                `unified: "cgroup.procs"`,
		`{"unified":{"cgroup.freeze":"1"}}`:               `unified: "cgroup.freeze"`,
		// The first one is told.
		`{"memory":{"limit":-2},"pids":{"limit":-2},"unified":{"x":""}}`: `memory.limit: `,
	} {
		settings, err := Plan(resources(t, resource))
		if err == nil || settings != nil || !strings.HasPrefix(err.Error(), "linux.resources."+want) {
			t.Errorf("%s gives %v, %v, want linux.resources.%s", resource, settings, err, want)
		}
	}
}

func TestControllersLeaveOutWhatIsImplied(t *testing.T) {
	settings := []Setting{{File: "pids.max"}, {File: "memory.max"}, {File: "memory.high"}, {File: "cgroup.freeze"}, {File: "io.max", Implied: true}}
	if got := strings.Join(Controllers(settings), " "); got != "memory pids" {
		t.Errorf("got %s", got)
	}
}

func TestSettingsAreNumbersWhereTheyAre(t *testing.T) {
	for value, want := range map[string]bool{"0": true, "18446744073709551615": true, "max": false, "": false, "1 2": false, "-1": false} {
		if _, ok := (Setting{Value: value}).Number(); ok != want {
			t.Errorf("%q is a number: %v", value, ok)
		}
	}
}
