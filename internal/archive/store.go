package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

// FromStore is an image in the store, to be written or pushed. blob says where one lies, as [image.Store.Blob] does.
func FromStore(blob func(image.Digest) string, r image.Record) (v1.Image, error) {
	i := stored{blob: blob, record: r}
	for _, d := range append(i.blobs(), r.Manifest, image.Digest("sha256:"+r.ID)) {
		if _, err := os.Stat(blob(d)); err != nil {
			return nil, i.missing(d, err)
		}
	}
	return partial.CompressedToImage(i)
}

// stored is an image by its record.
type stored struct {
	blob   func(image.Digest) string
	record image.Record
}

func (i stored) blobs() (list []image.Digest) {
	for _, l := range i.record.Layers {
		list = append(list, l.Blob)
	}
	return list
}

func (i stored) missing(d image.Digest, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("a part of image %.12s is no longer in the store (%s): pull or load the image again", i.record.ID, d)
	}
	return err
}

// read takes a manifest or a configuration, which the digest in the record vouches for.
func (i stored) read(d image.Digest) ([]byte, error) {
	raw, err := os.ReadFile(i.blob(d))
	if err != nil {
		return nil, i.missing(d, err)
	}
	if is := digestOf(raw); is != d {
		return nil, errDigest(d, is)
	}
	return raw, nil
}

func (i stored) RawManifest() ([]byte, error) { return i.read(i.record.Manifest) }

func (i stored) RawConfigFile() ([]byte, error) { return i.read(image.Digest("sha256:" + i.record.ID)) }

func (i stored) MediaType() (types.MediaType, error) {
	return types.MediaType(i.record.MediaType), nil
}

func (i stored) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, l := range i.record.Layers {
		if string(l.Blob) == h.String() {
			return storedLayer{i, l}, nil
		}
	}
	return nil, fmt.Errorf("image %.12s has no layer %s", i.record.ID, h)
}

// storedLayer is one of its layers.
type storedLayer struct {
	stored
	layer image.Layer
}

func (l storedLayer) Digest() (v1.Hash, error) { return v1.NewHash(string(l.layer.Blob)) }
func (l storedLayer) DiffID() (v1.Hash, error) { return v1.NewHash(string(l.layer.DiffID)) }
func (l storedLayer) Size() (int64, error)     { return l.layer.Packed, nil }

func (l storedLayer) MediaType() (types.MediaType, error) { return types.MediaType(l.layer.Type), nil }

func (l storedLayer) Compressed() (io.ReadCloser, error) {
	f, err := os.Open(l.blob(l.layer.Blob))
	if err != nil {
		return nil, l.missing(l.layer.Blob, err)
	}
	return f, nil
}
