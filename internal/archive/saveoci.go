package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// ociBlobs are those of several images, each once.
type ociBlobs struct {
	small  map[string][]byte // manifests and configurations, by the digits of their digests
	layers map[string]v1.Layer
}

// writeOCI writes an OCI image layout: what says what is in it comes first, so that who reads it from a pipe knows early.
func writeOCI(ctx context.Context, w writer, images []Named) error {
	b := ociBlobs{map[string][]byte{}, map[string]v1.Layer{}}
	index := document{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []descriptor{}}
	for _, n := range images {
		d, err := b.add(n.Image)
		if err != nil {
			return err
		}
		index.Manifests = append(index.Manifests, d.named(tags(n.Names))...)
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return err
	}
	err = errors.Join(writeBytes(w, "oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)), writeBytes(w, "index.json", raw), w.dir("blobs"), w.dir("blobs/sha256"))
	if err != nil {
		return err
	}
	return b.write(ctx, w)
}

func writeBytes(w writer, name string, b []byte) error {
	return w.file(name, int64(len(b)), bytes.NewReader(b))
}

// named is the image under each of its names: the whole name where podman looks for it, and where containerd and docker do.
func (d descriptor) named(names []string) (list []descriptor) {
	for _, name := range names {
		d.Annotations = map[string]string{refName: name, containerdName: name}
		list = append(list, d)
	}
	if len(list) == 0 {
		return []descriptor{d}
	}
	return list
}

func (b ociBlobs) add(i v1.Image) (descriptor, error) {
	raw, err := i.RawManifest()
	if err != nil {
		return descriptor{}, err
	}
	kind, err := i.MediaType()
	if err != nil {
		return descriptor{}, err
	}
	config, err := i.RawConfigFile()
	if err != nil {
		return descriptor{}, err
	}
	layers, err := i.Layers()
	if err != nil {
		return descriptor{}, err
	}
	for _, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			return descriptor{}, err
		}
		b.layers[digest.Hex] = l
	}
	d := digestOf(raw)
	b.small[d.Hex()], b.small[digestOf(config).Hex()] = raw, config
	return descriptor{MediaType: kind, Digest: string(d), Size: int64(len(raw))}, nil
}

func (b ociBlobs) write(ctx context.Context, w writer) error {
	names := append(slices.Collect(maps.Keys(b.small)), slices.Collect(maps.Keys(b.layers))...)
	slices.Sort(names)
	for _, hex := range slices.Compact(names) {
		name := "blobs/sha256/" + hex
		var err error
		if small, ok := b.small[hex]; ok {
			err = writeBytes(w, name, small)
		} else {
			err = copyBlob(ctx, w, name, b.layers[hex])
		}
		if err != nil {
			return fmt.Errorf("write sha256:%s: %w", hex, err)
		}
	}
	return nil
}
