package archive

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

// layer describes a member that is one. Usually it is not compressed, and then its digest is the one that the configuration says
// of it; who copies it looks whether it is. A compressed one has to be read.
func (b dockerBlobs) layer(ctx context.Context, name string, diffID image.Digest) (descriptor, error) {
	f, err := b.find(name)
	if err != nil {
		return descriptor{}, err
	}
	defer f.Close()
	all := io.NewSectionReader(f, 0, f.Size())
	l := descriptor{MediaType: types.DockerUncompressedLayer, Digest: string(diffID), Size: f.Size()}
	switch packed := packedAs(all); packed {
	case plain:
		b.member[diffID] = name
		return l, nil
	case gzipped:
		l.MediaType = types.DockerLayer
	case zstded:
		l.MediaType = types.OCILayerZStd
	default:
		return l, fmt.Errorf("it is compressed with %s, and layers are with gzip or zstd", packed)
	}
	if known, ok := b.layers[name]; ok {
		return known, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, reading{ctx, all, nil}); err != nil {
		return l, err
	}
	digest := hashed(h)
	l.Digest = string(digest)
	b.member[digest], b.layers[name] = name, l
	return l, nil
}

// zstdAsOCI makes it OCI's when a layer is compressed with zstd, which docker's schema 2 does not know.
func (m *document) zstdAsOCI() {
	if !slices.ContainsFunc(m.Layers, func(l descriptor) bool { return l.MediaType == types.OCILayerZStd }) {
		return
	}
	m.MediaType, m.Config.MediaType = types.OCIManifestSchema1, types.OCIConfigJSON
	for i := range m.Layers {
		switch m.Layers[i].MediaType {
		case types.DockerLayer:
			m.Layers[i].MediaType = types.OCILayer
		case types.DockerUncompressedLayer:
			m.Layers[i].MediaType = types.OCIUncompressedLayer
		}
	}
}
