// Package faults runs urun where something fails: it is killed at any moment, the machine refuses what it needs, the
// helpers that map ids are absent, fail or hang. Nothing is left behind, and one line says what was wrong.
package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

func itoa(n int) string { return strconv.Itoa(n) }

// watch is what a run must leave as it found it. Orphans become children of the test, which so sees all of them.
type watch struct {
	*testing.T
	mounts []string
	dirs   []string // empty
	env    []string
	files  int // open ones of the test itself
}

// watches begins to watch, and gives the run empty directories for what it might write.
func watches(t *testing.T) (w *watch, env []string) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	mounts, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	w = &watch{T: t, mounts: mounts}
	t.Cleanup(func() { // orphans of other tests are not this one's
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) // as above
		for end := time.Now().Add(5 * time.Second); len(w.left()) > 0 && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	})
	env = append(os.Environ(), "URUN_TEST=1")
	for _, name := range []string{"TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"} {
		dir := kit.Dir(t)
		w.dirs = append(w.dirs, dir)
		env = append(env, name+"="+dir)
	}
	w.files, w.env = w.descriptors(), env
	return w, env
}

func (w *watch) descriptors() int {
	w.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		w.Fatal(err)
	}
	return len(names)
}

// left reaps what has ended and lists what has not.
func (w *watch) left() []string {
	w.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		w.Fatal(err)
	}
	var left []string
	for _, list := range lists {
		children, _ := os.ReadFile(list) // a thread may have ended
		for _, child := range strings.Fields(string(children)) {
			pid, err := strconv.Atoi(child)
			if err != nil {
				w.Fatal(err)
			}
			if got, err := syscall.Wait4(pid, nil, syscall.WNOHANG|unix.WALL, nil); got == 0 && err == nil {
				name, _ := os.ReadFile("/proc/" + child + "/comm")
				left = append(left, child+" "+strings.TrimSpace(string(name)))
			}
		}
	}
	return left
}

// collect has another urun look at the records: what a killed one has left, it removes.
func (w *watch) collect() {
	w.Helper()
	c := exec.Command(kit.Urun, "stats", "--no-stream")
	c.Env = w.env
	if out, err := c.CombinedOutput(); err != nil {
		w.Fatalf("%v\n%s", err, out)
	}
}

// empty tells whether a directory has nothing but the place of the records, without any in it.
func (w *watch) empty(dir string) {
	w.Helper()
	for _, pattern := range []string{"/*", "/.*", "/urun/*", "/urun/.*"} {
		names, err := filepath.Glob(dir + pattern)
		if err != nil {
			w.Fatal(err)
		}
		for _, name := range names {
			if name != dir+"/urun" && name != dir+"/urun/lock" && name != dir+"/urun/swept" {
				w.Fatalf("%s is left", name)
			}
		}
	}
}

// nothingIsLeft fails the test if something is. The kernel takes a moment to end a pid namespace.
func (w *watch) nothingIsLeft() {
	w.Helper()
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if left = w.left(); len(left) == 0 {
			break
		}
	}
	if len(left) > 0 {
		w.Fatalf("processes are left: %v", left)
	}
	if err := testenv.Leaks(kit.Urun, w.mounts); err != nil {
		w.Fatal(err)
	}
	w.collect()
	for _, dir := range w.dirs {
		w.empty(dir)
	}
	if n := w.descriptors(); n != w.files {
		w.Errorf("%d descriptors of the test are open, %d were", n, w.files)
	}
}
