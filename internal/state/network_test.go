package state

import (
	"encoding/json"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
)

func someNetwork() Network {
	return Network{
		Mode: "slirp4netns", Device: "tap0", MTU: 65520, IP: "10.0.2.100", Gateway: "10.0.2.2", IP6: "fd00::100", Servers: []string{"10.0.2.3", "fd00::3"},
		Ports: []Port{{"tcp", "0.0.0.0", 8080, 80}, {"udp", "::1", 5353, 53}}, Ended: "slirp4netns was killed by signal SIGKILL",
	}
}

func TestNetworksComeBackAsTheyWere(t *testing.T) {
	for name, want := range map[string]Network{
		"all": someNetwork(), "none": {Mode: "none"}, "another's": {Mode: "container", With: "abc", Device: "tap0"}, "of an older urun's record": {},
	} {
		d := dir(t)
		e := add(t, d, Record{ID: "abc", Name: "web"})
		e.Network = want
		must(t, e.Save())
		got, err := d.Find("web", nil)
		if err != nil || !reflect.DeepEqual(got.Network, want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got.Network, err, want)
		}
	}
}

// Programs read these names, and what is not there is left out.
func TestTheNamesInANetworksRecord(t *testing.T) {
	b, err := json.Marshal(someNetwork())
	must(t, err)
	const want = `{"mode":"slirp4netns","device":"tap0","mtu":65520,"ip":"10.0.2.100","gateway":"10.0.2.2","ip6":"fd00::100","name_servers":["10.0.2.3","fd00::3"],` +
		`"ports":[{"protocol":"tcp","host_ip":"0.0.0.0","host_port":8080,"container_port":80},{"protocol":"udp","host_ip":"::1","host_port":5353,"container_port":53}],` +
		`"ended":"slirp4netns was killed by signal SIGKILL"}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if b, err := json.Marshal(Network{Mode: "none"}); err != nil || string(b) != `{"mode":"none"}` {
		t.Errorf("got %s, %v", b, err)
	}
	if b, err := json.Marshal(Record{ID: "a"}); err != nil || strings.Contains(string(b), "network") {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestTheScratchDirectoryIsTheUsersAlone(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: strings.Repeat("f", 64)})
	path, err := e.Scratch()
	must(t, err)
	info, err := os.Lstat(path)
	must(t, err)
	if !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Errorf("%s is %v", path, info.Mode())
	}
	// It is asked for by every driver that is tried.
	if again, err := e.Scratch(); err != nil || again != path {
		t.Errorf("again: %q, %v, want %q", again, err, path)
	}
	// slirp4netns's socket, below the XDG_RUNTIME_DIR of the last user that there can be.
	if name := strings.TrimPrefix(path, d.path); len("/run/user/4294967294/urun"+name+"/s") > 107 {
		t.Errorf("the path of a socket would be too long: %s", name)
	}
}

func TestTheScratchDirectoryGoesWithTheRecord(t *testing.T) {
	fill := func(t *testing.T, e *Entry) {
		t.Helper()
		path, err := e.Scratch()
		must(t, err)
		t.Chdir(path) // the path of a socket is short
		l, err := net.Listen("unix", "s")
		must(t, err)
		t.Cleanup(func() { l.Close() })
		must(t, os.MkdirAll("deep/er", 0o700))
		must(t, os.WriteFile("deep/er/pasta.pid", []byte("1"), 0o600))
		must(t, os.Symlink("/", "link"))
	}
	t.Run("closed", func(t *testing.T) {
		d := dir(t)
		e := add(t, d, Record{ID: "a"})
		fill(t, e)
		e.Close()
		if got := files(t, d.path); got != "lock" {
			t.Errorf("the directory has %s", got)
		}
	})
	t.Run("left by one that was killed", func(t *testing.T) {
		d := dir(t)
		e := add(t, d, Record{ID: "a", Network: someNetwork()})
		fill(t, e)
		e.Leave()
		var collected []Record
		list, err := d.List(func(r Record) { collected = append(collected, r) })
		must(t, err)
		if len(list) > 0 || len(collected) != 1 || !reflect.DeepEqual(collected[0].Network, someNetwork()) {
			t.Errorf("running %v, collected %v", list, collected)
		}
		if got := files(t, d.path); got != "lock" {
			t.Errorf("the directory has %s", got)
		}
	})
}

// A container without a name looks at no other record: its id alone has to be free.
func TestWhichNamesAreFree(t *testing.T) {
	d := dir(t)
	add(t, d, Record{ID: "aaa", Name: "web"})
	add(t, d, Record{ID: "bbb"})
	gone := add(t, d, Record{ID: "ccc", Name: "db"})
	gone.Leave()
	for _, tt := range []struct {
		r     Record
		taken string
	}{
		{Record{ID: "ddd", Name: "web"}, "web"},
		{Record{ID: "aaa", Name: "other"}, "aaa"},
		{Record{ID: "aaa"}, "aaa"},
		{Record{ID: "bbb"}, "bbb"},
		{Record{ID: "eee", Name: "db"}, ""}, // its urun has ended
		{Record{ID: "fff", Name: "bbb"}, ""},
		{Record{ID: "ggg"}, ""},
	} {
		err := d.free(tt.r)
		taken, _ := err.(*TakenError)
		switch {
		case tt.taken == "" && err != nil, tt.taken != "" && (taken == nil || taken.Name != tt.taken):
			t.Errorf("%+v: got %v, want %q", tt.r, err, tt.taken)
		}
	}
}
