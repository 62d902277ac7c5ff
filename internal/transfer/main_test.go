package transfer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
)

// The executable of the tests is urun-image too, and what it starts inside.
func TestMain(m *testing.M) {
	switch {
	case inside.Called(os.Args):
		os.Exit(inside.Main(Jobs()))
	case os.Args[0] == image.Program && Called():
		os.Exit(Main())
	}
	os.Exit(testenv.Tidy(m.Run))
}

// newStore is a store of the test's own, which goes whoever its files belong to.
func newStore(t *testing.T) image.Store {
	t.Helper()
	dir, err := os.MkdirTemp("", "urun-transfer")
	must(t, err)
	s := image.Store{Dir: filepath.Join(dir, "data")}
	t.Cleanup(func() {
		if os.RemoveAll(dir) == nil {
			return
		}
		task := newTask(image.Request{Store: s.Dir}, nil, nil, nil)
		to, err := task.target()
		if err == nil {
			err = inside.Remove(dir, to.choice)
		}
		if err != nil {
			t.Errorf("remove the store: %v", err)
		}
	})
	return s
}

// ask has a urun-image do what is asked for, in a process of its own, and gives what it said.
func ask(t *testing.T, r image.Request) (image.Answer, string, error) {
	t.Helper()
	return askUntil(t, t.Context(), r)
}

func askUntil(t *testing.T, ctx context.Context, r image.Request) (image.Answer, string, error) {
	t.Helper()
	r.Environ = environ(t, r.Environ["conf"])
	self, err := os.Executable()
	must(t, err)
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	said, err := os.CreateTemp(t.TempDir(), "said")
	must(t, err)
	defer said.Close()
	a, failed := image.Do(ctx, self, r, null, said, said)
	b, err := os.ReadFile(said.Name())
	must(t, err)
	return a, string(b), failed
}

// environ is that of a user who has set up nothing, whatever the machine has.
func environ(t *testing.T, registriesConf string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "registries.conf")
	must(t, os.WriteFile(conf, []byte(registriesConf), 0o600))
	return map[string]string{"HOME": dir, "XDG_RUNTIME_DIR": dir, "CONTAINERS_REGISTRIES_CONF": conf}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// listing is what is below a directory of the store, by paths.
func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
