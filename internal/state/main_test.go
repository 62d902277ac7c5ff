package state

import (
	"os"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// The executable that holder starts is that of the test.
func TestMain(m *testing.M) {
	if len(os.Args) == 7 && os.Args[1] == "hold" {
		os.Exit(hold(os.Args[2], Record{ID: os.Args[3], Name: os.Args[4], Wishes: Wishes{Keep: os.Args[6] == "keep"}}, os.Args[5]))
	}
	os.Exit(testenv.Tidy(m.Run))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dir is a directory of records of the test's own.
func dir(t *testing.T) *Dir {
	t.Helper()
	d, err := Open([]string{t.TempDir() + "/urun"})
	must(t, err)
	return d
}

func add(t *testing.T, d *Dir, r Record) *Entry {
	t.Helper()
	e, err := d.Add(r)
	must(t, err)
	t.Cleanup(e.Close)
	return e
}

// files are the names in the directory.
func files(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
