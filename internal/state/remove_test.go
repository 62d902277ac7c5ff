package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhatRunsIsNotRemoved(t *testing.T) {
	d := dir(t)
	e := add(t, d, Record{ID: "a", Name: "web", Wishes: Wishes{Keep: true}})
	var running *RunningError
	err := d.Remove("a", func(r Record) { t.Errorf("done to %+v", r) })
	if !errors.As(err, &running) || running.Name != "web" || err.Error() != `the container "web" is running` {
		t.Errorf("got %v", err)
	}
	if r, err := d.Find("web", nil); err != nil || !r.Alive {
		t.Errorf("got %+v, %v", r, err)
	}
	must(t, os.WriteFile(d.path+"/a/state.json", nil, 0o600)) // whatever is in its record
	if err := d.Remove("a", nil); !errors.As(err, &running) || running.Name != "a" {
		t.Errorf("got %v", err)
	}
	must(t, e.Save())
}

func TestWhatHasEndedIsRemoved(t *testing.T) {
	d := dir(t)
	kept(t, d, Record{ID: "a", Name: "web"}, 3)
	kept(t, d, Record{ID: "b", Name: "db"}, 0)
	must(t, os.WriteFile(d.path+"/a/config.json", []byte("{}"), 0o600))
	must(t, os.MkdirAll(d.path+"/a/n/deep", 0o700))
	var done []Record
	must(t, d.Remove("a", func(r Record) { done = append(done, r) }))
	if len(done) != 1 || done[0].Name != "web" || done[0].ExitCode != 3 || done[0].Alive {
		t.Errorf("done to %+v", done)
	}
	if got := files(t, d.path); got != "b lock name.db" {
		t.Errorf("the directory has %s", got)
	}
	must(t, d.Remove("a", nil)) // two of urun rm at once
	if r, err := d.Find("db", nil); err != nil || r.ID != "b" {
		t.Errorf("got %+v, %v", r, err)
	}
}

// The files of --cidfile and --pidfile go with the record, unless they are another's by now.
func TestOnlyTheContainersOwnFilesGoWithIt(t *testing.T) {
	const id, pid = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945", 4711
	write := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	for name, tt := range map[string]struct {
		put   func(path string) error
		stays bool
	}{
		"the id":              {write(id), false},
		"the id and a line":   {write(id + "\n"), false},
		"the pid":             {write("4711"), false},
		"the pid and a line":  {write("4711\n"), false},
		"another's id":        {write("5f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945\n"), true},
		"another's pid":       {write("47110\n"), true},
		"a part of the id":    {write(id[:12]), true},
		"nothing":             {write(""), true},
		"more than the id":    {write(id + "\nand a letter to my mother\n"), true},
		"a directory":         {func(path string) error { return os.Mkdir(path, 0o700) }, true},
		"a fifo":              {func(path string) error { return unix.Mkfifo(path, 0o600) }, true},
		"a link to nothing":   {func(path string) error { return os.Symlink("nothing", path) }, true},
		"a link to one of it": {func(path string) error { return errors.Join(write(id)(path+".real"), os.Symlink(path+".real", path)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			d, path := dir(t), filepath.Join(t.TempDir(), "file")
			must(t, tt.put(path))
			kept(t, d, Record{ID: id, Pid: pid, Wishes: Wishes{Files: []string{path, path + ".none"}}}, 0)
			must(t, d.Remove(id, nil))
			if _, err := os.Lstat(path); (err == nil) != tt.stays {
				t.Errorf("it is there: %v, want %v", err == nil, tt.stays)
			}
			if _, err := os.Lstat(path + ".real"); err != nil && name == "a link to one of it" {
				t.Error(err)
			}
			if got := files(t, d.path); got != "lock" {
				t.Errorf("the directory has %s", got)
			}
		})
	}
}

// To read a fifo that is open for writing waited for what is written, with all records locked.
func TestAFifoThatSomeoneHoldsOpenIsNotRead(t *testing.T) {
	d, path := dir(t), filepath.Join(t.TempDir(), "fifo")
	must(t, unix.Mkfifo(path, 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	kept(t, d, Record{ID: "a", Wishes: Wishes{Files: []string{path}}}, 0)
	done := make(chan error, 1)
	go func() { done <- d.Remove("a", nil) }()
	select {
	case err := <-done:
		must(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}

func TestTheFilesOfWhatIsNotKeptGoAtItsEnd(t *testing.T) {
	d, path := dir(t), filepath.Join(t.TempDir(), "cid")
	must(t, os.WriteFile(path, []byte("a\n"), 0o600))
	add(t, d, Record{ID: "a", Wishes: Wishes{Files: []string{path}}}).Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("it is still there")
	}
}
