package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// removeFiles stands for who knows what else is in the directory of a log.
func removeFiles(dir string) error {
	if err := os.Remove(dir + "/log"); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Remove(dir)
}

func TestALogIsTheUsersAloneWhateverTheUmask(t *testing.T) {
	d, root := dir(t), filepath.Join(t.TempDir(), "state/more/urun")
	defer unix.Umask(unix.Umask(0))
	got, err := d.MakeLog([]string{root}, "a")
	if err != nil || got != root+"/a" {
		t.Fatalf("got %q, %v", got, err)
	}
	for path, want := range map[string]fs.FileMode{filepath.Dir(root): fs.ModeDir | 0o700, root: fs.ModeDir | 0o700, got: fs.ModeDir | 0o700, got + "/record": 0o600} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info, err, want)
		}
	}
	if b, err := os.ReadFile(got + "/record"); err != nil || string(b) != d.Of("a")+"\n" {
		t.Errorf("it belongs to %q, %v", b, err)
	}
	must(t, os.Chmod(root, 0o777)) // one that is there
	if _, err = d.MakeLog([]string{root}, "b"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("it is %v, %v", info, err)
	}
}

func TestALogIsInTheFirstDirectoryThatCanBeHad(t *testing.T) {
	d, base := dir(t), t.TempDir()
	must(t, os.Mkdir(base+"/elsewhere", 0o700))
	must(t, os.Symlink(base+"/elsewhere", base+"/link"))
	must(t, os.WriteFile(base+"/file", nil, 0o600))
	roots := []string{base + "/link", base + "/file", base + "/file/urun", base + "/good", base + "/other"}
	if got, err := d.MakeLog(roots, "a"); err != nil || got != base+"/good/a" {
		t.Errorf("got %q, %v", got, err)
	}
	if got := files(t, base+"/elsewhere"); got != "" {
		t.Errorf("the link led to %s", got)
	}
	if _, err := os.Lstat(base + "/other"); err == nil {
		t.Error("a second one was made")
	}
	if got, err := d.MakeLog(roots[:3], "b"); err == nil {
		t.Errorf("got %q", got)
	}
	if _, err := d.MakeLog(nil, "b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestALogIsRemoved(t *testing.T) {
	d, root := dir(t), t.TempDir()
	log, err := d.MakeLog([]string{root}, "a")
	must(t, err)
	must(t, os.WriteFile(log+"/log", nil, 0o600))
	for range 2 { // once more is no error
		must(t, RemoveLog(log, removeFiles))
		if got := files(t, root); got != "" {
			t.Errorf("there is %s", got)
		}
	}
	log, err = d.MakeLog([]string{root}, "b")
	must(t, err)
	must(t, os.WriteFile(log+"/precious", nil, 0o600))
	if err := RemoveLog(log, removeFiles); err == nil || files(t, log) != "precious" {
		t.Errorf("got %v, and there is %s", err, files(t, log))
	}
}

// sweepable makes a log whose files were written so long ago.
func sweepable(t *testing.T, d *Dir, root, id string, age time.Duration) {
	t.Helper()
	log, err := d.MakeLog([]string{root}, id)
	must(t, err)
	must(t, os.WriteFile(log+"/log", []byte("x"), 0o600))
	aged(t, log, age)
}

func aged(t *testing.T, dir string, age time.Duration) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		must(t, os.Chtimes(filepath.Join(dir, e.Name()), time.Now(), time.Now().Add(-age)))
	}
}
