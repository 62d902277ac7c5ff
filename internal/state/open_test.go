package state

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenMakesTheDirectoryTheUsersAlone(t *testing.T) {
	path := t.TempDir() + "/urun"
	for _, mode := range []fs.FileMode{0, 0o777, 0o750, 0o701, 0o700} {
		if mode != 0 {
			must(t, os.Chmod(path, mode))
		}
		_, err := Open([]string{path})
		must(t, err)
		if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%o became %v, %v", mode, info.Mode(), err)
		}
	}
}

func TestOpenRefusesWhatIsNotTheUsers(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(path string) error
		want    string
	}{
		"a link": {func(path string) error {
			if err := os.Mkdir(path+".real", 0o700); err != nil {
				return err
			}
			return os.Symlink(path+".real", path)
		}, " is no directory, but a file or a link"},
		"a link to nothing": {func(path string) error { return os.Symlink("/nonexistent", path) }, " is no directory"},
		"a file":            {func(path string) error { return os.WriteFile(path, nil, 0o600) }, " is no directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "urun")
			must(t, c.prepare(path))
			if _, err := Open([]string{path}); err == nil || !strings.HasPrefix(err.Error(), path+c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	foreign := "/usr" // root's
	if os.Getuid() == 0 {
		foreign = t.TempDir() + "/urun"
		must(t, os.Mkdir(foreign, 0o700))
		must(t, os.Chown(foreign, 1, 1))
	}
	if _, err := Open([]string{foreign}); err == nil || !strings.HasPrefix(err.Error(), foreign+" belongs to another user") {
		t.Errorf("got %v", err)
	}
}

func TestOpenTakesTheFirstWhoseParentIsThere(t *testing.T) {
	dir := t.TempDir()
	d, err := Open([]string{"/nonexistent/urun", dir + "/a", dir + "/b"})
	if err != nil || d.path != dir+"/a" {
		t.Errorf("got %v, %v", d, err)
	}
	if _, err := Open([]string{"/nonexistent/urun"}); err == nil {
		t.Error("opened what is not there")
	}
	if _, err := Open(nil); err == nil || !strings.Contains(err.Error(), "XDG_RUNTIME_DIR") {
		t.Errorf("got %v", err)
	}
}

// With another directory a name could be taken twice, depending on who looked when.
func TestOpenPassesOverNothingThatItRefuses(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/a", nil, 0o600))
	if d, err := Open([]string{dir + "/a", dir + "/b"}); err == nil {
		t.Errorf("got %v", d)
	}
}

// A lock that is a link would make and lock a file elsewhere.
func TestTheLockIsNoLink(t *testing.T) {
	d := dir(t)
	elsewhere := t.TempDir() + "/file"
	must(t, os.Symlink(elsewhere, d.path+"/lock"))
	if _, err := d.List(nil); err == nil {
		t.Error("a link was followed")
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("a file was made elsewhere")
	}
}

func TestRecordsArePrivateWhateverTheUmask(t *testing.T) {
	path := t.TempDir() + "/urun"
	p := holder(t, path, "a", "web", "000")
	p.start(t)
	if got := p.answer(t); got != "added" {
		t.Fatal(got)
	}
	for name, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, "lock": 0o600, "a": fs.ModeDir | 0o700, "a/lock": 0o600, "a/state.json": 0o600} {
		if info, err := os.Stat(filepath.Join(path, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", name, info, err, want)
		}
	}
	p.end(t)
}
