package transfer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urun-project/urun/internal/image"
)

// flat makes one tree of all layers.
func (b *build) flat(ctx context.Context) error {
	layers := b.record.Layers
	b.unpacks = make(chan struct{}, 1)
	if err := b.each(ctx, func(context.Context, int, *bar) error { return nil }); err != nil || len(layers) == 0 {
		return err
	}
	lock, err := b.lockTree(ctx, layers[len(layers)-1].Chain, "flat-")
	if err != nil {
		return err
	}
	defer lock.Close()
	if b.flatThere(lock) {
		return nil
	}
	made, err := b.store.NewTmp()
	if err != nil {
		return err
	}
	defer b.discard(made.Path, made.Close)
	tree := filepath.Join(made.Path, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return err
	}
	if err := b.merge(ctx, tree); err != nil {
		return err
	}
	if err := note(lock, layers); err != nil {
		return err
	}
	return b.place(ctx, tree, b.record.Trees(b.to.owners)[0])
}

// merge has all layers unpacked into a directory, one over the other.
func (b *build) merge(ctx context.Context, tree string) error {
	layers := b.record.Layers
	for i := range layers {
		bar := b.show.begin(layers[i].Blob.Hex()[:12], layers[i].Packed)
		bar.is("unpacking")
		report, err := b.unpackLayer(ctx, layers[i], tree)
		if err != nil {
			return fmt.Errorf("layer %d, %s: %w", i+1, layers[i].Blob, err)
		}
		layers[i].Size, layers[i].Owners = report.Size, report.Owners
		bar.gone()
	}
	return nil
}

// flatThere finds the tree in its place, and what is to be known of the layers in it.
func (b *build) flatThere(lock *os.File) bool {
	known := noted(lock)
	if !b.sameTop(known) {
		known = nil
		for _, listed := range b.listed() {
			if listed.Flat && b.sameTop(listed.Layers) {
				known = listed.Layers
			}
		}
	}
	if known == nil || len(b.store.Missing(image.Record{Flat: true, Layers: known}, b.to.owners)) > 0 {
		return false
	}
	for i := range b.record.Layers {
		b.record.Layers[i].Size, b.record.Layers[i].Owners = known[i].Size, known[i].Owners
	}
	return true
}

// sameTop tells whether these are the layers of the record: the topmost chain ID is made of all that are below.
func (b *build) sameTop(layers []image.Layer) bool {
	n := len(b.record.Layers)
	return len(layers) == n && layers[n-1].Chain == b.record.Layers[n-1].Chain
}
