package transfer

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// Source is an image that can be fetched: of a registry, or of an archive.
type Source interface {
	// Manifest is that of the platform asked for, as it is: its configuration and layers are blobs.
	Manifest(ctx context.Context) (raw []byte, mediaType string, err error)
	// Blob is read from offset on. With an offset above 0 it may fail with registry.ErrNoRange.
	Blob(ctx context.Context, d image.Digest, size, offset int64) (io.ReadCloser, error)
}

// retryOf is how a source wants what failed to be tried again. What is read from a file is read once.
func retryOf(src Source) registry.Retry {
	if r, ok := src.(interface{ Retry() registry.Retry }); ok {
		return r.Retry()
	}
	return registry.Retry{Times: -1}
}

// inMemory is the source of a manifest, which has come as a whole.
type inMemory struct {
	Source
	raw []byte
}

func (m inMemory) Blob(_ context.Context, _ image.Digest, _, offset int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.raw[offset:])), nil
}

// nowhere is the source of an image whose blobs cannot be fetched again.
type nowhere struct{}

func (nowhere) Manifest(context.Context) ([]byte, string, error) { return nil, "", errNowhere }
func (nowhere) Blob(context.Context, image.Digest, int64, int64) (io.ReadCloser, error) {
	return nil, errNowhere
}

var errNowhere = errors.New("it is not in the store any more, and there is no name by which it could be fetched again")
