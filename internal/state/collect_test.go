package state

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// dead makes a record that nobody holds, as a killed urun leaves it.
func dead(t *testing.T, d *Dir, id, state string) {
	t.Helper()
	path := filepath.Join(d.path, id)
	must(t, os.Mkdir(path, 0o700))
	must(t, os.WriteFile(path+"/lock", nil, 0o600))
	must(t, os.WriteFile(path+"/state.json", []byte(state), 0o600))
}

func TestRecordsOfTheDeadAreCollected(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "live", Name: "web"})
	dead(t, d, "dead", `{"id":"dead","name":"db","cgroup":"/x"}`)
	dead(t, d, "torn", `{"id":"to`)
	dead(t, d, "empty", "")
	dead(t, d, "liar", `{"id":"../other","cgroup":"/y"}`)
	must(t, os.Mkdir(d.path+"/nothing", 0o700)) // killed between two steps
	collected := map[string]Record{}
	list, err := d.List(func(r Record) { collected[r.ID] = r })
	if err != nil || len(list) != 1 || list[0].ID != "live" {
		t.Errorf("got %v, %v", list, err)
	}
	if r := collected["dead"]; len(collected) != 5 || r.Name != "db" || r.Cgroup != "/x" {
		t.Errorf("collected %v", collected)
	}
	for _, id := range []string{"torn", "empty", "liar", "nothing"} { // nothing of what they say is believed
		if r, ok := collected[id]; !ok || r.Cgroup != "" || r.Name != "" {
			t.Errorf("%s: collected %+v", id, r)
		}
	}
	if got := files(t, d.path); got != "live lock name.web" {
		t.Errorf("the directory has %s", got)
	}
	if _, err := d.List(func(r Record) { t.Errorf("%v was collected again", r) }); err != nil {
		t.Error(err)
	}
}

// Only its urun can mend it. Meanwhile it can be seen, and stopped, by its id.
func TestTornRecordsOfTheLivingAreListedByTheirIDs(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "torn": `{"id":"a","na`, "another's": `{"id":"b"}`, "another type": `{"id":7}`} {
		t.Run(name, func(t *testing.T) {
			d := dir(t)
			e := add(t, d, Record{ID: "a", Name: "web"})
			must(t, os.WriteFile(d.path+"/a/state.json", []byte(content), 0o600))
			list, err := d.List(func(r Record) { t.Errorf("%v was collected", r) })
			if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], Record{ID: "a", Alive: true}) {
				t.Errorf("got %+v, %v", list, err)
			}
			must(t, e.Save())
			if r, err := d.Find("web", nil); err != nil || !r.Alive {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

// A container that is just starting or ending has none, and nothing of it is anybody else's.
func TestTheLivingWithoutARecordAreLeftAlone(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "a", Name: "web"})
	must(t, os.Remove(d.path+"/a/state.json"))
	list, err := d.List(func(r Record) { t.Errorf("%v was collected", r) })
	if err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	if got := files(t, d.path); got != "a lock name.web" {
		t.Errorf("the directory has %s", got)
	}
}

func TestAKilledHolderFreesItsName(t *testing.T) {
	d := dir(t)
	p := holder(t, d.path, "a", "web", "022")
	p.start(t)
	if got := p.answer(t); got != "added" {
		t.Fatal(got)
	}
	if _, err := d.Find("web", func(r Record) { t.Errorf("%v was collected", r) }); err != nil {
		t.Fatal(err)
	}
	must(t, p.Process.Kill())
	_ = p.Wait()
	add(t, d, Record{ID: "b", Name: "web"})
	list, err := d.List(nil)
	if err != nil || len(list) != 1 || list[0].ID != "b" {
		t.Errorf("got %v, %v", list, err)
	}
	if got := files(t, d.path); got != "b lock name.web" {
		t.Errorf("the directory has %s", got)
	}
}

// The cgroup of a name is used again. Collecting the killed container then killed the new one of that name.
func TestWhatRunsIsNotCollected(t *testing.T) {
	for name, left := range map[string]Record{
		"a cgroup": {Name: "web", Manager: "cgroupfs", Cgroup: "/sys/fs/cgroup/urun-web"}, "a scope": {Name: "web", Manager: "systemd", Unit: "urun-web.scope"},
	} {
		t.Run(name, func(t *testing.T) {
			d := dir(t)
			left.ID = "a"
			b, err := json.Marshal(left)
			must(t, err)
			dead(t, d, "a", string(b))
			left.ID = "b"
			add(t, d, left)
			_, err = d.List(func(r Record) { t.Errorf("%+v was collected, and %+v runs", r, left) })
			must(t, err)
			if got := files(t, d.path); got != "b lock name.web" {
				t.Errorf("the directory has %s", got)
			}
		})
	}
}

// Whoever cannot look after the rest of its container leaves that to the next.
func TestWhatIsLeftIsCollected(t *testing.T) {
	d := dir(t)
	e, err := d.Add(Record{ID: "a", Unit: "a.scope"})
	must(t, err)
	e.Leave()
	var collected []Record
	if _, err := d.List(func(r Record) { collected = append(collected, r) }); err != nil || len(collected) != 1 || collected[0].Unit != "a.scope" {
		t.Errorf("collected %v, %v", collected, err)
	}
	if got := files(t, d.path); got != "lock" {
		t.Errorf("the directory has %s", got)
	}
}
