package state

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadersSeeWholeRecords(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: "a", Name: "web"})
	stop, saved := make(chan struct{}), make(chan error)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				saved <- nil
				return
			default:
			}
			e.Pid, e.Command = i, strings.Fields(strings.Repeat("x ", i%2000)) // longer and shorter
			if err := e.Save(); err != nil {
				saved <- err
				return
			}
		}
	}()
	for range 300 {
		r, err := d.Find("web", func(r Record) { t.Errorf("%v was collected", r) })
		if err != nil || len(r.Command) != r.Pid%2000 {
			t.Errorf("got %d words for %d, %v", len(r.Command), r.Pid, err)
			break
		}
	}
	close(stop)
	must(t, <-saved)
}

func TestCloseLeavesNothing(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: "a"})
	must(t, os.WriteFile(d.path+"/a/state.json.new", []byte("half"), 0o600)) // a Save that was cut off
	before, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	e.Close()
	after, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	if len(after) != len(before)-1 {
		t.Errorf("%d descriptors became %d", len(before), len(after))
	}
	if got := files(t, d.path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
}

// What was put into a record's directory by someone else is not removed.
func TestCloseRemovesOnlyItsOwnFiles(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: "a"})
	must(t, os.WriteFile(d.path+"/a/precious", nil, 0o600))
	e.Close()
	if got := files(t, d.path+"/a"); got != "precious" {
		t.Errorf("it has %s", got)
	}
}

// What is read is nothing, an error, or a record that is written as it was read.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", "[]", `{"id":"a"`, `{"id":"a","name":"web","created":"2024-01-02T03:04:05Z","command":["sh"],"pid":1}`, `{"id":7}`, `{"ID":"a"}`,
		`{"created":"x"}`, `{"pid":1e99}`, "{\"id\":\"\xff\"}", `{"id":"../x","cgroup":"/etc"}`, `{} {}`,
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		must(t, os.WriteFile(filepath.Join(dir, "state.json"), content, 0o600))
		r, err := load(dir)
		if err != nil {
			return
		}
		first, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%q: %v", content, err)
		}
		e := Entry{Record: r, dir: dir}
		must(t, e.Save())
		again, err := load(dir)
		second, _ := json.Marshal(again)
		if err != nil || string(first) != string(second) {
			t.Fatalf("%q: %s became %s, %v", content, first, second, err)
		}
	})
}
