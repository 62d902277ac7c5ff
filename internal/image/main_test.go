package image

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/test/testenv"
)

// The executable is started again: by Do as urun-image, and as one of many writers.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "writer" {
		os.Exit(writer(os.Args[2:]))
	}
	if os.Args[0] == Program {
		os.Exit(played())
	}
	os.Exit(testenv.Tidy(m.Run))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newStore is a store of the test's own.
func newStore(t testing.TB) Store {
	t.Helper()
	s := Store{filepath.Join(t.TempDir(), "urun")}
	must(t, s.Make())
	return s
}

func digestOf(parts ...string) Digest {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))
}

// made is a record of an image with layers that are called so.
func made(name string, layers ...string) Record {
	r := Record{Manifest: digestOf("manifest", name), MediaType: "m", ID: digestOf("config", name).Hex(), Platform: "linux/amd64", Config: Config{Env: []string{"PATH=/bin"}, Cmd: []string{"sh"}}}
	chain := ""
	for _, l := range layers {
		chain += l + "/"
		r.Layers = append(r.Layers, Layer{Blob: digestOf("blob", l), Type: "t", DiffID: digestOf("diff", l), Chain: digestOf("chain", chain), Packed: 10, Size: 20})
	}
	return r
}

// owners are those of the tests' trees.
func owners() Owners {
	m := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
	return OwnersOf(m, m)
}

// fill puts what a record names into the store.
func fill(s Store, r Record) error {
	for _, d := range append([]Digest{r.Manifest, Digest("sha256:" + r.ID)}, blobs(r)...) {
		if err := os.WriteFile(s.Blob(d), []byte(d), 0o600); err != nil {
			return err
		}
	}
	for _, key := range r.Trees(owners()) {
		if err := os.MkdirAll(filepath.Join(s.Tree(key), "etc"), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.Tree(key), "etc/file"), []byte(key), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func blobs(r Record) (list []Digest) {
	for _, l := range r.Layers {
		list = append(list, l.Blob)
	}
	return list
}

// put is a whole image with these names.
func put(t testing.TB, s Store, r Record, names ...string) {
	t.Helper()
	must(t, fill(s, r))
	must(t, s.Save(r, []byte("root:x:0:0::/root:/bin/sh\n"), nil))
	for _, n := range names {
		must(t, s.Tag(n, r.Manifest, ""))
	}
}

// removeAllFiles is what cmd/urun does in the caller's id map.
func removeAllFiles(paths []string) error {
	for _, p := range paths {
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	return nil
}

// count is how many entries a directory of the store has.
func count(t testing.TB, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	return len(entries)
}
