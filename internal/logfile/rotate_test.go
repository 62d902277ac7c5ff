package logfile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFilesAreRotated(t *testing.T) {
	line := strings.Repeat("x", 100-overhead) // a hundred bytes in the file
	for _, c := range []struct {
		files int
		names string
		first int // line that is kept, of a hundred
	}{
		{1, "ctr.log", 90},
		{2, "ctr.log ctr.log.9", 80},
		{3, "ctr.log ctr.log.8 ctr.log.9", 70},
		{11, "ctr.log ctr.log.1 ctr.log.2 ctr.log.3 ctr.log.4 ctr.log.5 ctr.log.6 ctr.log.7 ctr.log.8 ctr.log.9", 0},
	} {
		for _, each := range []int{1, 7, 100} { // lines of a Write
			dir := t.TempDir()
			w := create(t, dir, Options{MaxSize: 1000, MaxFiles: c.files})
			for i := 0; i < 100; i += each {
				var text strings.Builder
				for n := i; n < min(i+each, 100); n++ {
					fmt.Fprintf(&text, "%03d%s\n", n, line[3:])
				}
				w.Write(Stdout, []byte(text.String()), after(0))
			}
			if s := names(t, dir); s != c.names {
				t.Errorf("%d files: there are %s", c.files, s)
			}
			lines := got(t, dir, all())
			if len(lines) != 100-c.first || !strings.HasPrefix(lines[0], fmt.Sprintf("out:%03d", c.first)) {
				t.Errorf("%d files, %d lines a write: %d lines from %q on", c.files, each, len(lines), lines[0])
			}
			for name := range strings.FieldsSeq(c.names) {
				if st, err := os.Stat(dir + "/" + name); err != nil || st.Size() != 1000 {
					t.Errorf("%d files: %s: %v, %v", c.files, name, st, err)
				}
			}
		}
	}
}

func TestALineLargerThanAFileIsWhole(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 3})
	big := strings.Repeat("x", 5000)
	w.Write(Stdout, []byte("a\n"+big+"\nb\n"), after(0))
	if s := names(t, dir); s != "ctr.log ctr.log.1 ctr.log.2" {
		t.Errorf("there are %s", s)
	}
	want(t, got(t, dir, all()), "out:a", "out:"+big, "out:b")
}

func TestWithoutALimitNothingIsRotated(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	w.Write(Stdout, make([]byte, 1<<20), after(0))
	if s := names(t, dir); s != "ctr.log" {
		t.Errorf("there are %s", s)
	}
}

func TestFilesAboveTheNumberAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for n := range 6 {
		put(t, dir, n, fmt.Sprintf("%s stdout F %d%s\n", stamp, n, strings.Repeat("x", 900)))
	}
	for _, other := range []string{"/ctr.log.01", "/ctr.log.x", "/ctr.log.-1", "/ctr.log.0", "/ctr.log.", "/other"} {
		must(t, os.WriteFile(dir+other, nil, 0o600))
	}
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 3})
	w.Write(Stdout, []byte(strings.Repeat("y", 100)+"\n"), after(0))
	if s := names(t, dir); s != "ctr.log ctr.log. ctr.log.-1 ctr.log.0 ctr.log.01 ctr.log.5 ctr.log.6 ctr.log.x other" {
		t.Errorf("there are %s", s)
	}
	if lines := got(t, dir, all()); len(lines) != 3 || lines[0][4] != '5' || lines[1][4] != '0' || lines[2][4] != 'y' {
		t.Errorf("%.10q", lines)
	}
}

// The limit holds when a file cannot be put aside.
func TestARotationThatFailsLosesOutput(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(path(dir, 1)+"/busy", 0o700))
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 2})
	for range 100 {
		w.Write(Stdout, []byte("0123456789\n"), after(0))
	}
	size := len(content(t, dir, 0))
	n := size / (overhead + 10)
	if size > 1000 {
		t.Errorf("the file has %d bytes", size)
	}
	lost(t, w, uint64(100-n)*11, unix.ENOTEMPTY)
	must(t, os.RemoveAll(path(dir, 1)))
	w.Write(Stdout, []byte("again\n"), after(0))
	lines := got(t, dir, all())
	want(t, lines[n:], fmt.Sprintf("err:urun: %d bytes of output were lost: directory not empty", (100-n)*11), "out:again")
}

func TestADirectoryThatIsGoneOnlyLosesOutput(t *testing.T) {
	dir := t.TempDir() + "/log"
	must(t, os.Mkdir(dir, 0o700))
	w := create(t, dir, Options{MaxSize: 1000, MaxFiles: 3})
	must(t, os.RemoveAll(dir))
	text := []byte(strings.Repeat("x", 600) + "\n")
	w.Write(Stdout, text, after(0)) // to the file, which is there as long as it is open
	w.Write(Stdout, text, after(0))
	lost(t, w, 601, unix.ENOENT)
}

func TestRemoveTakesTheLogAndNothingElse(t *testing.T) {
	dir := t.TempDir() + "/log"
	must(t, os.Mkdir(dir, 0o700))
	put(t, dir, 0)
	put(t, dir, 7)
	must(t, os.WriteFile(dir+"/other", nil, 0o600))
	if err := Remove(dir); err == nil {
		t.Error("a directory with something else was removed")
	}
	if s := names(t, dir); s != "other" {
		t.Errorf("there are %s", s)
	}
	must(t, os.Remove(dir+"/other"))
	put(t, dir, 3)
	must(t, Remove(dir))
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the directory is there")
	}
	must(t, Remove(dir))
}
