package images

import (
	"archive/tar"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// OCI adds an image to an OCI layout, which it makes when there is none. The tag may be empty.
func OCI(t testing.TB, dir, tag string, img v1.Image) {
	t.Helper()
	if err := open(t, dir).AppendImage(img, tagged(tag)...); err != nil {
		t.Fatal(err)
	}
}

// OCIIndex adds an image for several platforms.
func OCIIndex(t testing.TB, dir, tag string, index v1.ImageIndex) {
	t.Helper()
	if err := open(t, dir).AppendIndex(index, tagged(tag)...); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) layout.Path {
	t.Helper()
	p, err := layout.FromPath(dir)
	if err != nil {
		p, err = layout.Write(dir, empty.Index)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tagged(tag string) []layout.Option {
	if tag == "" {
		return nil
	}
	return []layout.Option{layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})}
}

// Archive packs a directory, such as an OCI layout, into a tar archive.
func Archive(t testing.TB, path, dir string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// OCIArchive is an OCI layout of one image in a tar archive.
func OCIArchive(t testing.TB, path, tag string, img v1.Image) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	OCI(t, dir, tag, img)
	Archive(t, path, dir)
}

// DockerTar is what docker save writes, but that its layers are compressed.
func DockerTar(t testing.TB, path, tag string, img v1.Image) {
	t.Helper()
	ref, err := name.NewTag(tag, name.WithDefaultRegistry(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(path, ref, img); err != nil {
		t.Fatal(err)
	}
}
