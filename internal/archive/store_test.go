package archive

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

// inStore puts an image's blobs into a directory, and gives the record that the store would have.
func inStore(t *testing.T, img v1.Image) (func(image.Digest) string, image.Record) {
	t.Helper()
	dir := written(t, img)[image.OCI]
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	r := image.Record{Manifest: image.Digest(images.Digest(t, img)), MediaType: string(m.MediaType), ID: images.ID(t, img)}
	for i, l := range m.Layers {
		r.Layers = append(r.Layers, image.Layer{Blob: image.Digest(l.Digest.String()), Type: string(l.MediaType), DiffID: image.Digest(config.RootFS.DiffIDs[i].String()), Packed: l.Size})
	}
	return func(d image.Digest) string { return filepath.Join(dir, "blobs", "sha256", d.Hex()) }, r
}

func TestAnImageOfTheStoreIsSaved(t *testing.T) {
	for _, p := range []images.Packed{images.Gzip, images.Zstd} {
		img := images.Image{Layers: images.Many(3).Layers, Packed: p}.Build(t)
		blob, r := inStore(t, img)
		stored, err := FromStore(blob, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range formats {
			path := filepath.Join(t.TempDir(), "x")
			if err := SaveTo(context.Background(), path, format, []Named{{Image: stored}}); err != nil {
				t.Fatal(err)
			}
			same(t, opened(t, Options{Path: path}).Images[0], img, format != formatDocker)
		}
	}
}

func TestABlobThatIsNotInTheStoreAnyMore(t *testing.T) {
	img := images.Many(2).Build(t)
	for _, when := range []string{"before", "meanwhile"} {
		blob, r := inStore(t, img)
		for n, d := range []image.Digest{r.Manifest, image.Digest("sha256:" + r.ID), r.Layers[1].Blob} {
			blob, r = inStore(t, img)
			stored, err := FromStore(blob, r)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(blob(d)); err != nil {
				t.Fatal(err)
			}
			if when == "before" {
				_, err = FromStore(blob, r)
			} else {
				err = SaveTo(context.Background(), filepath.Join(t.TempDir(), "x"), "", []Named{{Image: stored}})
			}
			if err == nil || !strings.Contains(err.Error(), "is no longer in the store ("+string(d)+"): pull or load the image again") {
				t.Errorf("%s, blob %d: %v", when, n, err)
			}
		}
	}
}

func TestABlobThatTheDiskHasChanged(t *testing.T) {
	blob, r := inStore(t, images.Many(1).Build(t))
	for _, d := range []image.Digest{r.Manifest, image.Digest("sha256:" + r.ID), r.Layers[0].Blob} {
		before := get(t, blob(d))
		put(t, blob(d), flip(get(t, blob(d)), -1))
		stored, err := FromStore(blob, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := SaveTo(context.Background(), filepath.Join(t.TempDir(), "x"), "", []Named{{Image: stored}}); err == nil || !strings.Contains(err.Error(), string(d)+" is damaged") {
			t.Errorf("%s: %v", d, err)
		}
		put(t, blob(d), before)
	}
}
