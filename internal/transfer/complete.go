package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// progress is how many bytes make a try that failed one that counts as none: a connection that breaks every
// hour is no reason to give up.
const progress = 1 << 20

// complete fetches what is missing of a blob, until it is whole and verified. What was fetched stays for the next one, unless
// it is known to be wrong.
func (t *task) complete(ctx context.Context, src Source, p *partial) error {
	if err := p.resume(); err != nil {
		return err
	}
	retry, wrong := retryOf(src), 0
	for n := 1; ; n++ {
		before := p.have
		err := p.attempt(ctx, src)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if p.have-before >= progress {
			n = 1
		}
		var mismatch *digestError
		if errors.As(err, &mismatch) {
			// On its way, or by a cache: it is worth one more try, not the patience that a busy server gets.
			if wrong++; wrong == 1 && retry.Times >= 0 {
				p.bar.is("fetching again what was not what it should be")
				continue
			}
		} else {
			p.bar.is("trying again: " + printable(err.Error()))
			if err = retry.Wait(ctx, n, err); err == nil {
				continue
			}
		}
		return fmt.Errorf("fetch %s: %w", p.Digest, err)
	}
}

// attempt reads the source once, to its end.
func (p *partial) attempt(ctx context.Context, src Source) error {
	if p.have < p.Size || p.Size == 0 {
		r, err := src.Blob(ctx, p.Digest, p.Size, p.have)
		if errors.Is(err, registry.ErrNoRange) {
			if err = p.restart(); err == nil {
				r, err = src.Blob(ctx, p.Digest, p.Size, 0)
			}
		}
		if err != nil {
			return err
		}
		_, err = io.CopyBuffer(p, struct{ io.Reader }{r}, make([]byte, 256<<10))
		r.Close()
		if err != nil {
			return err
		}
		if p.have < p.Size {
			return fmt.Errorf("it ended after %d of %d bytes: %w", p.have, p.Size, io.ErrUnexpectedEOF)
		}
	}
	if is := digest(p.sum); is != p.Digest {
		if err := p.restart(); err != nil {
			return err
		}
		return &digestError{is}
	}
	return nil
}

// digestError is a blob that is not what was asked for.
type digestError struct{ is image.Digest }

func (e *digestError) Error() string {
	return fmt.Sprintf("what came has the digest %s instead, and was dropped", e.is)
}

// writeError is a store that cannot be written to.
type writeError struct {
	path string
	more int64 // bytes that are to follow
	err  error
}

func (e *writeError) Error() string {
	if errors.Is(e.err, unix.ENOSPC) || errors.Is(e.err, unix.EDQUOT) {
		return fmt.Sprintf("%v; it takes %s more. What has come was kept: the next pull goes on from there, and urun prune removes it", e.err, size(e.more))
	}
	return e.err.Error()
}
func (e *writeError) Unwrap() error { return e.err }
