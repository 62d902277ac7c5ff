// Package images makes small images for tests, in Go alone: the same call gives the same bytes.
package images

import (
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image says what to make. Its zero value has no layer and no command.
type Image struct {
	Config   v1.Config
	Platform string // "os/arch[/variant]"; empty: this machine's
	Layers   []Layer
	Packed   Packed // of each layer; empty: gzip
	Docker   bool   // media types of docker's schema 2 instead of OCI's
}

// Build makes it.
func (i Image) Build(t testing.TB) v1.Image {
	t.Helper()
	platform := &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
	if i.Platform != "" {
		var err error
		if platform, err = v1.ParsePlatform(i.Platform); err != nil {
			t.Fatal(err)
		}
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if i.Docker {
		img = empty.Image
	}
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant, Config: i.Config, RootFS: v1.RootFS{Type: "layers"}})
	for _, l := range i.Layers {
		if err == nil {
			img, err = mutate.Append(img, mutate.Addendum{Layer: l.pack(t, i.Packed, i.Docker), History: v1.History{CreatedBy: "test"}})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// Index is an image for several platforms.
func Index(t testing.TB, list ...Image) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, i := range list {
		img := i.Build(t)
		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: config.Platform()}})
	}
	return index
}

// Nest puts an index into an index, as some tools write them.
func Nest(t testing.TB, in v1.ImageIndex) v1.ImageIndex {
	t.Helper()
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{Add: in})
}

// ID is what podman and docker call the image's id.
func ID(t testing.TB, img v1.Image) string {
	t.Helper()
	h, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return h.Hex
}

// Digest is that of its manifest, with "sha256:".
func Digest(t testing.TB, img v1.Image) string {
	t.Helper()
	h, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}
