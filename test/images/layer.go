package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

// Layer is one layer's entries, in the order of the tar archive.
type Layer []Entry

// Packed is how a layer is compressed.
type Packed string

const (
	Gzip  Packed = ""
	Zstd  Packed = "zstd"
	Plain Packed = "plain"
)

// Tar is the layer, not compressed.
func (l Layer) Tar(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range l {
		h := e.Header
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(e.Body))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.Body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Pack compresses.
func Pack(t testing.TB, plain []byte, p Packed) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch p {
	case Plain:
		return plain
	case Gzip:
		w = gzip.NewWriter(&b)
	case Zstd:
		var err error
		if w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1)); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("nothing is packed as %q", p)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (l Layer) pack(t testing.TB, p Packed, docker bool) v1.Layer {
	t.Helper()
	plain := l.Tar(t)
	kinds := map[Packed]types.MediaType{Gzip: types.OCILayer, Zstd: types.OCILayerZStd, Plain: types.OCIUncompressedLayer}
	if docker {
		kinds = map[Packed]types.MediaType{Gzip: types.DockerLayer, Plain: types.DockerUncompressedLayer}
	}
	kind, ok := kinds[p]
	if !ok {
		t.Fatalf("docker's schema 2 has no layers packed as %q", p)
	}
	return packed{plain: plain, blob: Pack(t, plain, p), kind: kind}
}

// packed is a v1.Layer in memory.
type packed struct {
	plain, blob []byte
	kind        types.MediaType
}

func sum(b []byte) (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(b))
	return h, err
}

func (p packed) Digest() (v1.Hash, error) { return sum(p.blob) }
func (p packed) DiffID() (v1.Hash, error) { return sum(p.plain) }
func (p packed) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(p.blob)), nil
}
func (p packed) Uncompressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(p.plain)), nil
}
func (p packed) Size() (int64, error)                { return int64(len(p.blob)), nil }
func (p packed) MediaType() (types.MediaType, error) { return p.kind, nil }
