package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/urun-project/urun/internal/image"
)

// How many layers of an image are fetched and unpacked at once.
const (
	fetching  = 3
	unpacking = 2
)

// build is an image whose layers are being fetched and unpacked.
type build struct {
	*task
	src     Source // nil: nothing is to be fetched
	record  *image.Record
	to      target
	unpacks chan struct{}   // one for each layer that may be unpacked now
	placed  []chan struct{} // closed when the layer's tree is in place
	fetched atomic.Bool
}

// build fetches the layers of a record that is not saved yet, has them unpacked, and saves it by these names.
func (t *task) build(ctx context.Context, src Source, r *image.Record, as ...image.Entry) (fetched bool, err error) {
	b := &build{task: t, src: src, record: r}
	if err := b.layers(ctx); err != nil {
		return b.fetched.Load(), err
	}
	return b.fetched.Load(), b.save(ctx, as)
}

// layers makes all trees, in another way when one is not possible here.
func (b *build) layers(ctx context.Context) error {
	for {
		var err error
		if b.to, err = b.target(); err != nil {
			return err
		}
		if b.record.Flat {
			err = b.flat(ctx)
		} else {
			err = b.stacked(ctx)
		}
		var marks *noMarksError
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.As(err, &marks) && !b.record.Flat:
			b.record.Flat = true
			b.show.say("urun-image: the layers are unpacked into one tree, which takes more room: " + marks.why)
		case !b.withoutHelper(err):
			return err
		}
	}
}

// stacked makes a tree for each layer.
func (b *build) stacked(ctx context.Context) error {
	b.unpacks = make(chan struct{}, unpacking)
	b.placed = make([]chan struct{}, len(b.record.Layers))
	for i := range b.placed {
		b.placed[i] = make(chan struct{})
	}
	return b.each(ctx, func(ctx context.Context, i int, bar *bar) error {
		if err := b.tree(ctx, i, bar); err != nil {
			return fmt.Errorf("layer %d, %s: %w", i+1, b.record.Layers[i].Blob, err)
		}
		close(b.placed[i])
		return nil
	})
}

// each fetches all blobs, and calls then for each that is there.
func (b *build) each(ctx context.Context, then func(ctx context.Context, i int, bar *bar) error) error {
	g, ctx := errgroup.WithContext(ctx)
	turn := make(chan struct{}, fetching)
	for i, l := range b.record.Layers {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			if err := g.Wait(); err != nil {
				return err
			}
			return context.Cause(ctx)
		}
		g.Go(func() error {
			bar := b.show.begin(l.Blob.Hex()[:12], l.Packed)
			fetched, err := b.blob(ctx, l, bar)
			<-turn
			if err != nil {
				return err
			}
			bar.is("unpacking")
			if err := then(ctx, i, bar); err != nil {
				return err
			}
			switch {
			case fetched:
				bar.done(size(l.Packed))
			case b.Do != "pull" && b.Do != "load": // nobody asked what is there
				bar.gone()
			default:
				bar.done("there already")
			}
			return nil
		})
	}
	return g.Wait()
}

// blob sees to it that the blob of a layer is there.
func (b *build) blob(ctx context.Context, l image.Layer, bar *bar) (bool, error) {
	fetched, err := b.fetch(ctx, b.src, descriptor{Digest: l.Blob, Size: l.Packed}, bar)
	if fetched {
		b.fetched.Store(true)
	}
	return fetched, err
}
