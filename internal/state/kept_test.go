package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// kept is the record of a container that has ended with a status and stays.
func kept(t *testing.T, d *Dir, r Record, exit int) {
	t.Helper()
	r.Started, r.Keep = time.Now(), true
	e, err := d.Add(r)
	must(t, err)
	e.Ended, e.ExitCode = time.Now(), exit
	must(t, e.Save())
	e.End(exit)
	e.Leave()
}

func TestWhatIsKeptHoldsItsName(t *testing.T) {
	d := dir(t)
	kept(t, d, Record{ID: "a", Name: "web", Cgroup: "/x"}, 3)
	var taken *TakenError
	if _, err := d.Add(Record{ID: "b", Name: "web"}); !errors.As(err, &taken) || taken.Name != "web" || !taken.Ended || !strings.Contains(err.Error(), "has ended and is still there") {
		t.Errorf("got %v", err)
	}
	add(t, d, Record{ID: "c", Name: "db"})
	add(t, d, Record{ID: "d"})
	if _, err := d.Add(Record{ID: "e", Name: "db"}); !errors.As(err, &taken) || taken.Ended || !strings.Contains(err.Error(), "is running") {
		t.Errorf("got %v", err)
	}
	for range 2 {
		list, err := d.List(func(r Record) { t.Errorf("%+v was collected", r) })
		if err != nil || len(list) != 3 {
			t.Fatalf("got %+v, %v", list, err)
		}
	}
	r, err := d.Find("web", nil)
	if err != nil || r.ID != "a" || r.Alive || r.ExitCode != 3 || r.Ended.IsZero() || r.Error != "" {
		t.Errorf("got %+v, %v", r, err)
	}
	must(t, d.Remove("a", nil))
	add(t, d, Record{ID: "b", Name: "web"})
}

func TestTheRecordOfAKilledUrunTellsSo(t *testing.T) {
	d := dir(t)
	p := keeper(t, d.path, "a", "web", "022", "keep")
	p.start(t)
	if got := p.answer(t); got != "added" {
		t.Fatal(got)
	}
	must(t, os.MkdirAll(d.path+"/a/n/deep", 0o700))
	must(t, os.WriteFile(d.path+"/a/attach", nil, 0o600))
	must(t, os.WriteFile(d.path+"/a/config.json", []byte("{}"), 0o600))
	must(t, p.Process.Kill())
	_ = p.Wait()
	before, collected := time.Now(), 0
	for range 3 {
		list, err := d.List(func(r Record) {
			collected++
			if r.ID != "a" || !r.Keep || r.Alive {
				t.Errorf("collected %+v", r)
			}
		})
		if err != nil || len(list) != 1 || list[0].Alive || list[0].ExitCode != 137 || list[0].Error != "its urun was killed, and the container with it" {
			t.Fatalf("got %+v, %v", list, err)
		}
		if at := list[0].Ended; at.Before(before.Add(-time.Minute)) || at.After(time.Now().Add(time.Minute)) {
			t.Errorf("it ended at %v", at)
		}
	}
	if collected != 1 {
		t.Errorf("it was collected %d times", collected)
	}
	if got := files(t, d.path+"/a"); got != "config.json lock state.json" {
		t.Errorf("there is %s", got)
	}
	var taken *TakenError
	if _, err := d.Add(Record{ID: "b", Name: "web"}); !errors.As(err, &taken) || !taken.Ended {
		t.Errorf("got %v", err)
	}
}

// The lock is the truth, whatever processes there are: their numbers are used again.
func TestWhatBecameOfTheDead(t *testing.T) {
	const started = `"life":{"started":"2026-01-02T03:04:05Z"}`
	here := fmt.Sprintf(`"boot_id":%q`, bootID())
	for name, tt := range map[string]struct{ state, why string }{
		"killed":                      {here + `,` + started + `,"wishes":{"keep":true}`, "its urun was killed, and the container with it"},
		"the pids are this process's": {fmt.Sprintf(`"pid":%d,"urun_pid":%d,`, os.Getpid(), os.Getpid()) + here + `,` + started + `,"wishes":{"keep":true}`, "its urun was killed, and the container with it"},
		"before a restart":            {`"boot_id":"f1d2d2f9-24e9-86ac-1853-36ed3bc7b1a1",` + started + `,"wishes":{"keep":true}`, "the machine was restarted"},
		"a newer urun's":              {here + `,"colour":"red","life":{"started":"2026-01-02T03:04:05Z","mood":[1,{}]},"wishes":{"keep":true,"cake":null}`, "its urun was killed, and the container with it"},
		"never started":               {here + `,"wishes":{"keep":true}`, ""},
		"not to be kept":              {here + `,` + started, ""},
		"to be kept is no truth":      {here + `,` + started + `,"wishes":{"keep":"yes"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := dir(t)
			dead(t, d, "a", `{"id":"a","name":"web","created":"2026-01-02T03:04:05Z",`+tt.state+`}`)
			collected := 0
			list, err := d.List(func(Record) { collected++ })
			must(t, err)
			if collected != 1 {
				t.Errorf("it was collected %d times", collected)
			}
			if gone := tt.why == ""; gone != (len(list) == 0) || gone != (files(t, d.path) == "lock") {
				t.Fatalf("listed %+v, and the directory has %s", list, files(t, d.path))
			}
			for _, r := range list {
				if r.Alive || r.Error != tt.why || r.ExitCode != 137 || r.Ended.IsZero() || r.Started.IsZero() || r.Name != "web" {
					t.Errorf("got %+v, want %q", r, tt.why)
				}
			}
		})
	}
}

// A container whose process is not there any more runs for as long as its urun says so.
func TestTheLivingNeedNoProcess(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a", Pid: 1 << 30, Urun: 1 << 30, Wishes: Wishes{Keep: true}, Life: Life{Started: time.Now()}})
	list, err := d.List(func(r Record) { t.Errorf("%+v was collected", r) })
	if err != nil || len(list) != 1 || !list[0].Alive || !list[0].Ended.IsZero() {
		t.Errorf("got %+v, %v", list, err)
	}
}
