package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// picture is an image to measure with.
type picture struct {
	name, what string
	large      bool // a run takes so long that a third of them is enough
	stacked    bool // it has many layers
	starts     bool // starts from the store are measured
	unpacks    bool // so is how fast its last layer is unpacked
	layers     func(o options, dir string) ([]v1.Layer, error)
}

func (p picture) String() string { return fmt.Sprintf("image %s: %s", p.name, p.what) }

// picturesOf are all images. The smallest has what `true` needs, and so have the others.
func picturesOf(o options) []picture {
	base, twelve, size := debian, "Debian and 11 layers of 200 files", int64(1)<<30
	if o.quick {
		base, twelve, size = busybox, "busybox and 11 layers of 200 files", 24<<20
	}
	big := fmt.Sprintf("busybox and a layer of %d MiB, half of it compressible", size>>20)
	return []picture{
		{name: "one", what: "busybox, 1 layer", starts: true, layers: stack(busybox, 0, 0)},
		{name: "twelve", what: twelve, starts: true, layers: stack(base, 11, 200), large: true, stacked: true},
		{name: "hundred", what: "busybox and 99 layers of 10 files", starts: true, layers: stack(busybox, 99, 10), large: true, stacked: true},
		{name: "gzip", what: big + ", gzip", layers: heap(size, "gzip"), large: true, unpacks: true},
		{name: "zstd", what: big + ", zstd", layers: heap(size, "zstd"), large: true, unpacks: true},
	}
}

// make puts the layers together. What is written meanwhile lies where it is not lost when /tmp is small.
func (p picture) make(o options) (v1.Image, error) {
	dir := filepath.Join(o.build, "layers", p.name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	layers, err := p.layers(o, dir)
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.AppendLayers(img, layers...); err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Cmd = []string{"/bin/sh"}
	config.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	return mutate.ConfigFile(img, config)
}

// stack is a base and n layers of files, each of which also changes a file of the one below and deletes another.
func stack(base func(o options) ([]byte, error), n, files int) func(options, string) ([]v1.Layer, error) {
	return func(o options, dir string) ([]v1.Layer, error) {
		b, err := base(o)
		if err != nil {
			return nil, err
		}
		streams := [][]byte{b}
		for i := range n {
			b, err := small(i, files)
			if err != nil {
				return nil, err
			}
			streams = append(streams, b)
		}
		var layers []v1.Layer
		for i, b := range streams {
			file := filepath.Join(dir, fmt.Sprintf("%d.tar.gz", i))
			l, err := packed(file, "gzip", func(w *archive) error { return w.copy(bytes.NewReader(b)) })
			if err != nil {
				return nil, err
			}
			layers = append(layers, l)
		}
		return layers, nil
	}
}

// heap is busybox and one layer of so many bytes.
func heap(size int64, with string) func(options, string) ([]v1.Layer, error) {
	return func(o options, dir string) ([]v1.Layer, error) {
		layers, err := stack(busybox, 0, 0)(o, dir)
		if err != nil {
			return nil, err
		}
		l, err := packed(filepath.Join(dir, "heap.tar."+with), with, func(w *archive) error { return w.heap(size) })
		return append(layers, l), err
	}
}

// packed is a layer that is compressed once, into a file.
func packed(file, with string, write func(*archive) error) (v1.Layer, error) {
	if err := compress(file, with, write); err != nil {
		return nil, err
	}
	media := types.OCILayer
	if with == "zstd" {
		media = types.OCILayerZStd
	}
	return tarball.LayerFromFile(file, tarball.WithMediaType(media))
}
