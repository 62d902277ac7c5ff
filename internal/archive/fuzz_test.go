package archive

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

// Whatever a file has in it, opening ends, and what is opened can be read to its end without a panic.
func FuzzOpen(f *testing.F) {
	f.Add(wellFormed(f).tar(f))
	f.Add(docker(f, `[{"Config":"c.json","RepoTags":["x:1"],"Layers":["a/layer.tar"]}]`, images.Symlink("b", "a/layer.tar")))
	f.Add(images.One().Layers[0].Tar(f))
	for _, p := range []images.Packed{images.Gzip, images.Zstd} {
		f.Add(images.Pack(f, wellFormed(f).tar(f), p))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x")
		put(t, path, raw)
		a, err := Open(context.Background(), Options{Path: path, Tmp: dir})
		if err != nil {
			return
		}
		defer a.Close()
		for _, i := range a.Images {
			var d document
			if err := json.Unmarshal(i.manifest, &d); err != nil || d.Config == nil {
				t.Fatalf("%v: the manifest is %q", err, i.manifest)
			}
			for _, b := range append(d.Layers, *d.Config) {
				r, err := i.Blob(context.Background(), image.Digest(b.Digest), b.Size, 0)
				if err != nil {
					t.Fatalf("%s was there when it was opened: %v", b.Digest, err)
				}
				_, _ = io.Copy(io.Discard, r) // damaged layers are found by who copies them
				_ = r.Close()                 // it was only read
			}
		}
	})
}
