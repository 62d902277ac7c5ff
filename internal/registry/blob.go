package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// Blob gives size-offset bytes of a blob, from the byte offset on, or an error in the place of those that did not come; a
// server that sends more has an error at the end. It is tried once: the caller's loop has the bytes that came, calls
// [Retry.Wait] and asks for the rest. [ErrNoRange] with an offset > 0. The bytes are not checked against the digest.
// It may be called from several goroutines, after Manifest.
func (s *Source) Blob(ctx context.Context, d image.Digest, size, offset int64) (io.ReadCloser, error) {
	if offset >= size {
		return io.NopCloser(strings.NewReader("")), nil
	}
	for {
		s.mu.Lock()
		at := s.from
		s.mu.Unlock()
		e := s.endpoints[at]
		doing := "get the blob " + d.Hex()[:12] + " from " + e.Host
		ctx, n := withNote(ctx)
		body, err := e.blob(ctx, d, size, offset)
		if err == nil {
			return &blob{source: s, at: at, doing: doing, note: n, from: body, left: size - offset}, nil
		}
		if errors.Is(err, ErrNoRange) {
			return nil, err
		}
		err = e.explain(doing, err, n)
		if ctx.Err() != nil || !s.leave(at, err) {
			return nil, err
		}
	}
}

// leave goes from a mirror to the next endpoint, and tells whether there is one. Someone else may have gone already.
func (s *Source) leave(at int, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at == len(s.endpoints)-1 {
		return false
	}
	if s.from == at {
		s.options.Notice(fmt.Sprintf("the mirror %s is left out: %v", s.endpoints[at].place, err))
		s.from = at + 1
	}
	return true
}

func (e *endpoint) blob(ctx context.Context, d image.Digest, size, offset int64) (io.ReadCloser, error) {
	header := http.Header{}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, size-1))
	}
	answer, err := e.get(ctx, http.MethodGet, "/blobs/"+string(d), header, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return nil, err
	}
	switch {
	case offset > 0 && (answer.StatusCode != http.StatusPartialContent || !begins(answer, offset)):
		err = ErrNoRange
	case offset == 0 && answer.StatusCode != http.StatusOK:
		err = lies("it answers %s to a request for all of it", answer.Status)
	case answer.ContentLength >= 0 && answer.ContentLength != size-offset:
		err = lies("the manifest says that it has %d bytes, and the registry %d", size, answer.ContentLength+offset)
	default:
		return answer.Body, nil
	}
	answer.Body.Close()
	return nil, err
}

// begins tells whether a part is the one that was asked for.
func begins(answer *http.Response, offset int64) bool {
	return strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset))
}

// blob is the body: as long as it has to be, or with an error.
type blob struct {
	source *Source
	at     int
	doing  string
	note   *note
	from   io.ReadCloser
	left   int64
}

func (b *blob) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.over()
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if err == nil || err == io.EOF && b.left == 0 {
		return n, nil // whether there is more is seen by the next read
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, b.fail(err)
}

// over is at the end: there must be nothing more.
func (b *blob) over() error {
	var more [1]byte
	if n, _ := io.ReadFull(b.from, more[:]); n > 0 {
		return b.fail(lies("the registry sends more of it than the manifest says"))
	}
	return io.EOF
}

// fail has the next try go to another server, if this was a mirror.
func (b *blob) fail(err error) error {
	err = b.source.endpoints[b.at].explain(b.doing, err, b.note)
	b.source.leave(b.at, err)
	return err
}

func (b *blob) Close() error { return b.from.Close() }
