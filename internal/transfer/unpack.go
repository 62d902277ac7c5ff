package transfer

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/internal/unpack"
)

// noMarksError is a store in which overlay's marks cannot be made.
type noMarksError struct{ why string }

func (e *noMarksError) Error() string { return e.why }

// unpackLayer has a layer unpacked into the directory tree. Nothing of it may be used unless it is what the configuration says.
func (b *build) unpackLayer(ctx context.Context, l image.Layer, tree string) (r unpack.Report, err error) {
	select {
	case b.unpacks <- struct{}{}:
		defer func() { <-b.unpacks }()
	case <-ctx.Done():
		return r, context.Cause(ctx)
	}
	blob, err := os.Open(b.store.Blob(l.Blob))
	if err != nil {
		return r, err
	}
	defer blob.Close()
	job := inside.Job{Name: unpack.LayerJob, Args: b.to.job(l.Type, b.record.Flat), Root: tree, Files: []*os.File{blob}}
	if err := inside.Run(ctx, job, b.to.choice, &r); err != nil {
		return r, err // which says what was being done
	}
	switch {
	case r.NoMarks != "":
		return r, &noMarksError{why: r.NoMarks}
	case image.Digest(r.DiffID) != l.DiffID:
		return r, fmt.Errorf("what is in it has the digest %s, and the configuration says %s; nothing of it was kept", r.DiffID, l.DiffID)
	}
	b.leftOut(r.Skipped)
	return r, nil
}

// leftOut says what cannot be made here, such as device nodes. Those in dev/, which every image has that was made from packages, no
// container would see: it has a /dev of its own.
func (b *build) leftOut(skipped []string) {
	skipped = slices.DeleteFunc(skipped, func(s string) bool { return strings.HasPrefix(s, `"dev/`) })
	const most = 5
	for i, s := range skipped {
		if i == most {
			b.show.say(fmt.Sprintf("urun-image: and %d more are left out", len(skipped)-most))
			return
		}
		b.show.say("urun-image: left out: " + s)
	}
}

// adopt gives directories that the layer has something in, and does not name, what those below have.
func (b *build) adopt(ctx context.Context, i int, tree string, implied []unpack.Path) error {
	if len(implied) == 0 || i == 0 {
		return nil
	}
	job := inside.Job{Name: unpack.AdoptJob, Args: unpack.Adoption{Implied: implied}, Root: tree, Trees: b.below(i)}
	return inside.Run(ctx, job, b.to.choice, nil)
}

// below are the trees of the layers below the nth, topmost first.
func (b *build) below(n int) (paths []string) {
	for i := n - 1; i >= 0; i-- {
		paths = append(paths, b.store.Tree(b.record.Layers[i].Tree(b.to.owners)))
	}
	return paths
}

// read reads a file of the image; nil: there is none.
func (b *build) read(ctx context.Context, path string) ([]byte, error) {
	var trees []string
	for _, key := range b.record.Trees(b.to.owners) {
		trees = append([]string{b.store.Tree(key)}, trees...)
	}
	if len(trees) == 0 {
		return nil, nil
	}
	var c unpack.Contents
	job := inside.Job{Name: unpack.ReadJob, Args: unpack.Reading{Path: path}, Root: b.store.Tmp(), ReadOnly: true, Trees: trees}
	if err := inside.Run(ctx, job, b.to.choice, &c); err != nil {
		return nil, fmt.Errorf("read %s of the image: %w", path, err)
	}
	if !c.Found {
		return nil, nil
	}
	return c.Data, nil
}

// save writes the record of an image of which all is there.
func (b *build) save(ctx context.Context, as []image.Entry) error {
	if err := b.sync(); err != nil {
		return err
	}
	passwd, err := b.read(ctx, "etc/passwd")
	if err != nil {
		return err
	}
	group, err := b.read(ctx, "etc/group")
	if err != nil {
		return err
	}
	return b.store.Save(*b.record, passwd, group, as...)
}
