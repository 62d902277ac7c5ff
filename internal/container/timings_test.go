package container

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// faked is a start that took three milliseconds, by a clock that began at ten seconds.
func faked() *launch {
	const ms, begun = 1_000_000, 10_000_000_000
	l := &launch{program: tracedSteps(), opt: Options{Timing: true}}
	l.times.phases = []phase{{"clone, and meanwhile prepare", begun}, {"compile", begun + ms}, {"wait for the id maps", begun + 3*ms/2}, {"receive the init's report", begun + 2*ms}, {commandRuns, begun + 3*ms}}
	l.times.beside = []span{{phase{"the id maps are written", begun + ms}, begun + 2*ms}, {phase{"a driver that is not waited for", begun + 2*ms}, 0}}
	l.times.steps = []int64{begun + 3*ms/2, begun + 8*ms/5, 0, begun + 17*ms/10, begun + 2*ms}
	l.times.last = begun + 10*ms
	return l
}

func TestTimingsAreDrawn(t *testing.T) {
	reviewedFile(t, "testdata/timings.golden", strings.Join(faked().timings().Lines(), "\n")+"\n")
}

func TestTimingsAddUp(t *testing.T) {
	l := faked()
	ts := l.timings()
	sum := 0.0
	for _, p := range ts.Urun {
		sum += p.Took
	}
	if ts.Start != 3000 || ts.Command != 7000 || sum != ts.Start || len(ts.Steps) != 4 || ts.Steps[1].Step != 1 || ts.Steps[3].Took.Took != 1000 {
		t.Errorf("%+v", ts)
	}
	if i := slices.IndexFunc(ts.Beside, func(p Took) bool { return p.Name == "a driver that is not waited for" }); i < 0 || ts.Beside[i].Took != 1000 {
		t.Errorf("what goes on when the command runs: %+v", ts.Beside)
	}
	b, err := json.Marshal(ts)
	if err != nil || !strings.Contains(string(b), `{"start_us":3000,"command_us":7000,"urun":[{"name":"clone, and meanwhile prepare","from_us":0,"took_us":1000}`) ||
		!strings.Contains(string(b), `{"step":4,"why":"the last","name":"fchdir($1)","from_us":2000,"took_us":1000}`) {
		t.Errorf("%v: %s", err, b)
	}
	l.times.phases = l.times.phases[:3]
	if l.timings() != nil {
		t.Error("a start that failed has timings")
	}
}

// A bar is never outside of its frame, nor empty.
func TestBarsStayInTheirFrame(t *testing.T) {
	ts := &Timings{Start: 100}
	for _, p := range []Took{{"", 0, 0}, {"", 100, 0}, {"", 99.9, 5}, {"", -5, 200}, {"", 200, 10}} {
		bar := strings.Split(ts.bar(p), "|")[1]
		if len(bar) != barWidth || !strings.Contains(bar, "#") {
			t.Errorf("%+v: |%s|", p, bar)
		}
	}
	if bar := (&Timings{}).bar(Took{}); !strings.Contains(bar, "#") {
		t.Error(bar)
	}
}

func TestARealStartHasTimings(t *testing.T) {
	r := rigged(t, faulty{mode: userns.Single, net: network.None})
	o := r.start(id("f"), func(*outcome) {})
	if o.err != nil || o.status != 0 {
		t.Fatal(o.status, o.err)
	}
	ts := o.timings()
	if ts == nil || ts.Start <= 0 || len(ts.Steps) < 50 || len(ts.Urun) < 5 || len(ts.Beside) != 3 {
		t.Fatalf("%+v", ts)
	}
	for _, p := range slices.Concat(ts.Urun, ts.Beside) {
		if p.Took < 0 || p.From < 0 || p.From+p.Took > ts.Start+0.2 {
			t.Errorf("%+v is outside of the start, %v", p, ts.Start)
		}
	}
}
