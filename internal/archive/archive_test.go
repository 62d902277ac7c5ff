package archive

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

// opened opens what has to be well-formed.
func opened(t *testing.T, o Options) *Archive {
	t.Helper()
	if o.Tmp == "" {
		o.Tmp = t.TempDir()
	}
	a, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(o.Tmp); err != nil || len(left) > 0 {
			t.Errorf("%v: left in the directory for copies: %v", err, left)
		}
	})
	return a
}

// content is what an image is, with every blob read and compared with its digest.
type content struct {
	manifest, id image.Digest
	mediaType    string
	diffIDs      []image.Digest
	names        []string
}

func contentOf(t *testing.T, i *Image) content {
	t.Helper()
	raw, kind, err := i.Manifest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	config := blobOf(t, i, *d.Config)
	ids, err := diffIDs(config)
	if err != nil {
		t.Fatal(err)
	}
	for n, l := range d.Layers {
		blob := blobOf(t, i, l)
		r, err := unpackAs(packedAs(strings.NewReader(string(blob))), strings.NewReader(string(blob)))
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			t.Fatal(err)
		}
		if hashed(h) != ids[n] {
			t.Errorf("layer %d is %s, and the configuration says %s", n, hashed(h), ids[n])
		}
	}
	return content{digestOf(raw), image.Digest(d.Config.Digest), kind, ids, i.Names()}
}

func blobOf(t *testing.T, i *Image, d descriptor) []byte {
	t.Helper()
	r, err := i.Blob(context.Background(), image.Digest(d.Digest), d.Size, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if is := digestOf(b); is != image.Digest(d.Digest) || int64(len(b)) != d.Size {
		t.Errorf("%s of %d bytes is %s of %d", d.Digest, d.Size, is, len(b))
	}
	return b
}

// same wants the image itself; where manifests are made up, its configuration and layers.
func same(t *testing.T, i *Image, want v1.Image, manifest bool) {
	t.Helper()
	c := contentOf(t, i)
	config, err := want.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var ids []image.Digest
	for _, h := range config.RootFS.DiffIDs {
		ids = append(ids, image.Digest(h.String()))
	}
	if c.id.Hex() != images.ID(t, want) || !slices.Equal(c.diffIDs, ids) {
		t.Errorf("it is %s of %v, and was %s of %v", c.id, c.diffIDs, images.ID(t, want), ids)
	}
	if manifest && string(c.manifest) != images.Digest(t, want) {
		t.Errorf("the manifest is %s, and was %s", c.manifest, images.Digest(t, want))
	}
}

// written are files and directories of one image, by the kind that they are.
func written(t *testing.T, img v1.Image) map[Kind]string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	images.OCI(t, at("oci"), "1", img)
	images.Archive(t, at("oci.tar"), at("oci"))
	images.DockerTar(t, at("docker.tar"), "example.org/x:1", img)
	skopeoDir(t, at("dir"), img)
	return map[Kind]string{image.OCI: at("oci"), image.OCIArchive: at("oci.tar"), image.DockerArchive: at("docker.tar"), image.Dir: at("dir")}
}

// skopeoDir is a directory as skopeo copy writes it.
func skopeoDir(t *testing.T, dir string, img v1.Image) {
	t.Helper()
	raw, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "version"), []byte("Directory Transport Version: 1.1\n"))
	put(t, filepath.Join(dir, "manifest.json"), raw)
	put(t, filepath.Join(dir, images.ID(t, img)), config)
	for _, l := range layers {
		h, err := l.Digest()
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, h.Hex), b)
	}
}

func put(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
