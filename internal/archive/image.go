package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/urun-project/urun/internal/image"
)

// Image is one of the images of an archive. It can be read as long as that is open, by several at once.
type Image struct {
	names     []string
	manifest  []byte
	mediaType string
	blobs     blobs
}

// Close ends all reading.
func (a *Archive) Close() (err error) {
	for _, c := range a.opened {
		err = errors.Join(err, c.Close())
	}
	return err
}

// Names are the full names under which it is to be in the store, as podman load gives them; there may be none.
func (i *Image) Names() []string { return i.names }

// Manifest is that of the platform asked for, never an index.
func (i *Image) Manifest(context.Context) (raw []byte, mediaType string, err error) {
	return i.manifest, i.mediaType, nil
}

// Blob reads a configuration or a layer from an offset on. Whoever copies it has to look at its digest.
func (i *Image) Blob(ctx context.Context, d image.Digest, size, offset int64) (io.ReadCloser, error) {
	f, err := i.blobs.open(d)
	if err != nil {
		return nil, err
	}
	if f.Size() != size || offset < 0 || offset > size {
		_ = f.Close() // it was only read
		return nil, errSize(d, f.Size(), size)
	}
	var r io.Reader = io.NewSectionReader(f, offset, size-offset)
	if offset == 0 && i.blobs.unsure() {
		r = newVerifier(r, d, errDiffID)
	}
	return reading{ctx, r, f}, nil
}

func errSize(d image.Digest, size, said int64) error {
	return fmt.Errorf("%s has %d bytes, and its manifest says %d", d, size, said)
}

// reading ends with its context.
type reading struct {
	ctx context.Context
	io.Reader
	io.Closer
}

func (r reading) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// blobs finds what a manifest names.
type blobs interface {
	open(image.Digest) (file, error)
	unsure() bool // the digests were made up of what a configuration says
}

// blobFiles are in files named after them.
type blobFiles struct {
	files
	dir string // before the digits
}

func (b blobFiles) open(d image.Digest) (file, error) {
	f, err := b.files.open(b.dir + d.Hex())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing(d)
	}
	return f, err
}

func (b blobFiles) unsure() bool { return false }

func errMissing(d image.Digest) error {
	return fmt.Errorf("%s is missing: the archive is not whole, or was made of a part of an image", d)
}
