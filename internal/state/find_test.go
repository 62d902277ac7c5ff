package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRecordsAreFound(t *testing.T) {
	d := dir(t)
	start := time.Unix(1_700_000_000, 0).UTC()
	for i, r := range []Record{{ID: "abc1", Name: "web"}, {ID: "abc2", Name: "db"}, {ID: "abd3", Name: "abc"}, {ID: "xyz4"}} {
		r.Created = start.Add(-time.Duration(i) * time.Hour)
		add(t, d, r)
	}
	list, err := d.List(nil)
	must(t, err)
	var ids []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	if got := strings.Join(ids, " "); got != "xyz4 abd3 abc2 abc1" {
		t.Errorf("the oldest first: %s", got)
	}
	for name, want := range map[string]string{
		"web": "abc1", "db": "abc2", "abc": "abd3", "abc1": "abc1", "abd": "abd3", "x": "xyz4", "xyz4": "xyz4",
	} {
		if r, err := d.Find(name, nil); err != nil || r.ID != want {
			t.Errorf("%q is %q, %v, want %q", name, r.ID, err, want)
		}
	}
	if r, err := d.Find("ab", nil); err == nil || !strings.Contains(err.Error(), `"ab" begins the ids of 3 containers`) {
		t.Errorf("got %v, %v", r, err)
	}
	for _, name := range []string{"webs", "we", "xyz44", "..", "lock", "WEB"} {
		var missing *NotFoundError
		if r, err := d.Find(name, nil); !errors.As(err, &missing) || fmt.Sprint(missing.Others) != "[xyz4 abc db web]" {
			t.Errorf("%q is %v, %v", name, r, err)
		}
	}
}

// No name is that of every container without one.
func TestNoNameFindsNothing(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "abc"})
	var missing *NotFoundError
	if r, err := d.Find("", nil); !errors.As(err, &missing) {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	d := dir(t)
	at := time.Now().UTC().Round(0)
	want := Record{
		ID: "abc", Name: "web", Created: at, Command: []string{"sh", "-c", "echo \"\n\t<&>\" ü"}, Rootfs: "/a b", Pid: 4711,
		Manager: "systemd", Unit: "urun-web.scope", Cgroup: "/sys/fs/cgroup/x", Urun: 4710, Boot: "a boot", Alive: true,
		Life: Life{Started: at, Ended: at.Add(time.Second), ExitCode: 137, OOMKilled: true, Error: "it was killed", Notices: []string{"no cgroup"}, IDs: "range",
			Rung: "range, no names", Losses: []Loss{{"names", "no names", "no server", "name one", "you", "there is /etc/hosts"}, {Property: "proc"}}},
		Wishes: Wishes{Detached: true, Keep: true, Terminal: true, Stdin: true, KeepGroups: true, Denied: []string{"/d"}, Writable: []string{"/"}, Log: "/l", StopSignal: 2, StopTimeout: new(int), Files: []string{"/f"}},
	}
	e := add(t, d, Record{ID: "abc", Name: "web"})
	e.Record = want
	must(t, e.Save())
	got, err := d.Find("web", nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestContainersAreCalledByNameOrShortID(t *testing.T) {
	for want, r := range map[string]Record{
		"web": {ID: "abc", Name: "web"}, "abc": {ID: "abc"}, "0123456789ab": {ID: "0123456789abcdef"}, "": {},
	} {
		if got := r.Called(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
