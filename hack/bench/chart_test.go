package main

import (
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the drawn charts instead of comparing them")

// golden compares a chart with the file that it was once drawn into.
func golden(t *testing.T, file string, c chart) {
	t.Helper()
	got := c.svg()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is drawn; go test ./hack/bench -update writes it anew, then look at it. Drawn is\n%s", file, got)
	}
	for d := xml.NewDecoder(strings.NewReader(got)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%s is no XML: %v", file, err)
		}
	}
}

func TestAChartIsDrawn(t *testing.T) {
	golden(t, "testdata/chart.svg", chart{
		Title: "Ratios <of> two & more",
		Groups: []group{
			{"quicker", []bar{{"a tenth", 0.1, 0.08, 0.13}, {"of podman", 0.0312, 0.03, 0.0323}}},
			{"slower", []bar{{"twice", 2, 1.7, 2.2}, {"a name that is longer than there is room for, by far", 1, 0.9, 1.1}}},
			{"odd", []bar{{"a sample below nothing", 0.5, -2, 0.9}, {"without end", math.Inf(1), 1, math.Inf(1)}}},
		},
		Notes: []string{"60 runs of each", "kernel 6.18"},
	})
}

// The chart in docs is drawn from the file beside it.
func TestTheChartInDocsIsOfItsFigures(t *testing.T) {
	b, err := os.ReadFile("../../docs/bench.json")
	if err != nil {
		t.Fatal(err)
	}
	list, err := readDrawables(b)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/bench.svg", chartOf(list))
}

func TestThePlacesOfAScaleKeepTheirOrder(t *testing.T) {
	a := chart{Groups: []group{{"", []bar{{"", 0.05, 0.04, 3}}}}}.axis()
	last := 0.0
	for _, v := range []float64{math.Inf(-1), 0.04, 0.05, 1, 3, math.Inf(1)} {
		x := a.at(v)
		if !(x >= plotFrom && x <= plotTo) || x <= last {
			t.Errorf("%v is at %v, right of %v and within the plot it must be", v, x, last)
		}
		last = x
	}
	if x := a.at(math.NaN()); x != plotFrom {
		t.Errorf("no number is at %v", x)
	}
	got := a.ticks()
	if len(got) != 6 || got[0] != 0.05 || got[2] != 0.2 || got[4] != 1 || got[5] != 2 {
		t.Errorf("ticks = %v", got)
	}
}

func TestReportsBecomeGroups(t *testing.T) {
	list, err := readDrawables([]byte(`{"kind": "life", "date": "2026-01-31", "runs": 60, "load": "0.1", "machine": ["kernel 6", "crun 1"],
		"execs": [{"name": "podman exec", "runs": 6, "times": [1, 2]}],
		"ratios": [{"of": "urun exec, one id", "to": "crun exec, one id", "ratio": 0.7, "low": 0.6, "high": 0.8},
			{"of": "urun exec, one id, less empty Go", "to": "nsenter, one id", "ratio": 1.2, "low": 1.1, "high": 1.3},
			{"of": "urun exec, full range", "to": "podman exec", "ratio": 0.03, "low": 0.02, "high": 0.04}]}`))
	if err != nil || list[0].Execs[0].Times != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	c := chartOf(append(list, list...)) // and machines are named once
	got := c.description() + "\n" + strings.Join(c.Notes, "\n")
	once := " exec of /bin/true in a container that runs, one id: crun exec 0.70 [0.60 0.80]; urun exec, less empty Go / nsenter 1.20 [1.10 1.30]." +
		" exec of /bin/true in a container that runs, full range: podman exec (6 runs) 0.030 [0.020 0.040]."
	note := "\nexec of /bin/true in a container that runs: 60 runs of each, alternating; 2026-01-31; load before: 0.1"
	if want := "Below 1 urun takes less time." + once + once + note + note + "\nkernel 6; crun 1"; got != want {
		t.Errorf("the chart says\n%s\nwant\n%s", got, want)
	}
	for _, b := range []string{`{}`, `[]x`, `{"kind": "start"}`, `{"ratios": [{"of": "a"}]}`} {
		if _, err := readDrawables([]byte(b)); err == nil {
			t.Errorf("%s is a report", b)
		}
	}
}
