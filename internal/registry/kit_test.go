package registry

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

// user is someone with a home, whose waits take no time and are remembered.
type user struct {
	Options
	home    string
	mu      sync.Mutex
	waits   []time.Duration
	notices []string
}

func newUser(t *testing.T, name string) *user {
	t.Helper()
	home := t.TempDir()
	u := &user{home: home}
	u.Options = Options{
		Environ: map[string]string{"HOME": home, "XDG_RUNTIME_DIR": filepath.Join(home, "run"), "PATH": filepath.Join(home, "bin")},
		etc:     filepath.Join(home, "etc"),
		Notice:  func(line string) { u.mu.Lock(); defer u.mu.Unlock(); u.notices = append(u.notices, line) },
		Retry: Retry{Sleep: func(_ context.Context, d time.Duration) error {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.waits = append(u.waits, d)
			return nil
		}},
	}
	u.Name = parse(t, name)
	return u
}

func parse(t *testing.T, s string) image.Name {
	t.Helper()
	n, _, err := image.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// write makes a file below the home, with its directories.
func (u *user) write(t *testing.T, path, text string) string {
	t.Helper()
	full := filepath.Join(u.home, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return full
}

func (u *user) open(t *testing.T) *Source {
	t.Helper()
	s, err := Open(t.Context(), u.Options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// manifest pulls the manifest, whatever comes of it.
func (u *user) manifest(t *testing.T) (string, error) {
	t.Helper()
	raw, _, err := u.open(t).Manifest(t.Context())
	return string(raw), err
}

func makeImage(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(3000, 3)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// stored is a registry with an image in it, and a user who wants that.
func stored(t *testing.T, options ...fake.Option) (*fake.Server, v1.Image, *user) {
	t.Helper()
	s := fake.New(t, options...)
	img := makeImage(t)
	return s, img, newUser(t, s.Image(t, "a/b:1", img))
}

func raw(t *testing.T, img v1.Image) string {
	t.Helper()
	b, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// has fails unless the error's text has all the words in it.
func has(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("got %v\nwant %s", err, w)
		}
	}
}

func readAll(t *testing.T, s *Source, d image.Digest, size, offset int64) ([]byte, error) {
	t.Helper()
	r, err := s.Blob(t.Context(), d, size, offset)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
