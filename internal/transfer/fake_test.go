package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// scripted is a source of one blob that answers as it is told, request by request; the last answer is given again.
type scripted struct {
	answers []func(offset int64) (io.Reader, error)
	asked   []int64 // the offsets
}

func (s *scripted) Manifest(context.Context) ([]byte, string, error) {
	return nil, "", errors.New("no")
}
func (s *scripted) Retry() registry.Retry {
	return registry.Retry{Sleep: func(context.Context, time.Duration) error { return nil }}
}
func (s *scripted) Blob(_ context.Context, _ image.Digest, _, offset int64) (io.ReadCloser, error) {
	answer := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, offset)
	r, err := answer(offset)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(r), nil
}

// sends gives the content from the offset on, at most n bytes, and then err, if that is not nil.
func sends(content []byte, n int, err error) func(int64) (io.Reader, error) {
	return func(offset int64) (io.Reader, error) {
		part := content[offset:]
		if len(part) <= n {
			return bytes.NewReader(part), nil
		}
		if err == nil {
			return bytes.NewReader(part[:n]), nil
		}
		return io.MultiReader(bytes.NewReader(part[:n]), broken{err}), nil
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func refuses(err error) func(int64) (io.Reader, error) {
	return func(int64) (io.Reader, error) { return nil, err }
}

// noRanges is a server that begins at the beginning, or not at all.
func noRanges(content []byte) func(int64) (io.Reader, error) {
	return func(offset int64) (io.Reader, error) {
		if offset > 0 {
			return nil, registry.ErrNoRange
		}
		return bytes.NewReader(content), nil
	}
}

func describe(content []byte) descriptor {
	h := sha256.New()
	h.Write(content)
	return descriptor{Digest: digest(h), Size: int64(len(content))}
}

func quietTask(t *testing.T) *task {
	t.Helper()
	s := newStore(t)
	must(t, s.Make())
	return newTask(image.Request{Store: s.Dir, Quiet: true}, nil, nil, nil)
}
