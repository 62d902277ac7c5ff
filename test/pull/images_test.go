package pull

import (
	"bytes"
	"io"
	"os/exec"
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/test/images"
)

// busybox is a layer of the kit's root file system: a program with several hundred names, which are hard links.
func busybox(t testing.TB, rootfs string) []byte {
	t.Helper()
	b, err := exec.Command("tar", "-C", rootfs, "--owner=0", "--group=0", "--numeric-owner", "--sort=name", "-cf", "-", ".").Output()
	if err != nil {
		t.Fatalf("pack busybox: %v", err)
	}
	return b
}

// build makes an image of layers that are tar archives.
func build(t testing.TB, config v1.Config, layers ...[]byte) v1.Image {
	t.Helper()
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if config.Env == nil {
		config.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{OS: "linux", Architecture: runtime.GOARCH, Config: config, RootFS: v1.RootFS{Type: "layers"}})
	for _, b := range layers {
		var l v1.Layer
		if err == nil {
			l, err = tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, tarball.WithMediaType(types.OCILayer))
		}
		if err == nil {
			img, err = mutate.AppendLayers(img, l)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// withBusybox puts a small image on the registry and pulls it: busybox, and layers of entries.
func withBusybox(p *place, name string, config v1.Config, more ...images.Layer) {
	p.Helper()
	layers := [][]byte{busybox(p, p.Home.Rootfs)}
	for _, l := range more {
		layers = append(layers, l.Tar(p))
	}
	p.push(name, build(p, config, layers...))
	p.pulled(name)
}
