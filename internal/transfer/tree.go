package transfer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/urun-project/urun/internal/image"
)

// tree has a layer unpacked and puts it into its place, when those below it are in theirs.
func (b *build) tree(ctx context.Context, i int, bar *bar) error {
	layer := &b.record.Layers[i]
	lock, err := b.lockTree(ctx, layer.Chain, "")
	if err != nil {
		return err
	}
	defer lock.Close()
	if b.there(lock, layer) {
		return b.await(ctx, i)
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
	report, err := b.unpackLayer(ctx, *layer, tree)
	if err != nil && ctx.Err() == nil && b.torn(layer.Blob) {
		// As after a loss of power, if that came before the record: only the size was right.
		if _, err = b.blob(ctx, *layer, bar); err == nil {
			report, err = b.unpackLayer(ctx, *layer, tree)
		}
	}
	if err != nil {
		return err
	}
	if err := b.await(ctx, i); err != nil {
		return err
	}
	layer.Size = report.Size
	// What it adopts from below may belong to others, too.
	layer.Owners = report.Owners || len(report.Implied) > 0 && slices.ContainsFunc(b.record.Layers[:i], func(l image.Layer) bool { return l.Owners })
	if err := b.adopt(ctx, i, tree, report.Implied); err != nil {
		return err
	}
	if err := note(lock, []image.Layer{*layer}); err != nil {
		return err
	}
	return b.place(ctx, tree, layer.Tree(b.to.owners))
}

// await waits until all trees below a layer are in their places.
func (b *build) await(ctx context.Context, i int) error {
	if i == 0 {
		return nil
	}
	// Each waits for the one below it, so that is all of them.
	select {
	case <-b.placed[i-1]:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lockTree takes the lock of a layer: by all that its tree may depend on, because only who has unpacked it knows
// whether it depends on the ids. What is in the file is what note has written.
func (b *build) lockTree(ctx context.Context, chain image.Digest, prefix string) (*os.File, error) {
	key := image.Layer{Chain: chain, Owners: true}.Tree(b.to.owners)
	return b.store.LockTree(ctx, prefix+key)
}

// there finds a tree that is in its place, and what is to be known of its layer.
func (b *build) there(lock *os.File, l *image.Layer) bool {
	for _, owners := range []bool{false, true} {
		at := image.Layer{Chain: l.Chain, Owners: owners}
		if _, err := os.Lstat(b.store.Tree(at.Tree(b.to.owners))); err != nil {
			continue
		}
		if known, ok := b.known(lock, l.Chain); ok && known.Owners == owners {
			l.Size, l.Owners = known.Size, owners
			return true
		}
	}
	return false
}

// known is what another record says of a layer, or who has unpacked it for one that is not there yet.
func (b *build) known(lock *os.File, chain image.Digest) (image.Layer, bool) {
	if noted := noted(lock); len(noted) == 1 && noted[0].Chain == chain {
		return noted[0], true
	}
	for _, listed := range b.listed() {
		for _, l := range listed.Layers {
			if l.Chain == chain {
				return l, true
			}
		}
	}
	return image.Layer{}, false
}

// listed are the images that the store had when that was first asked.
func (t *task) listed() []image.Listed {
	t.once.Do(func() { t.images, _, _ = t.store.List() }) // without it, more is unpacked than need be
	return t.images
}

// place gives a tree its name. Another one may have it by now: of a container whose 0 is at the same place.
func (b *build) place(ctx context.Context, tree, key string) error {
	to := b.store.Tree(key)
	err := os.Rename(tree, to)
	if errors.Is(err, fs.ErrPermission) {
		// Who moves a directory writes "..", and this one belongs to another id or may not be written.
		err = b.move(ctx, tree, to)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
