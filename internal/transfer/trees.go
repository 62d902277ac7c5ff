package transfer

import (
	"context"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// unpack makes the trees of an image for a container's ids.
func (t *task) unpack(ctx context.Context) ([]image.Done, error) {
	r, err := t.store.Read(t.Manifest)
	if err != nil {
		return nil, err
	}
	name := t.nameOf(r.Manifest)
	do := t.trees
	if t.Into != "" {
		do = t.copy
	}
	fetched, err := do(ctx, name, r)
	return []image.Done{{Name: name, Manifest: r.Manifest, ID: r.ID, Fetched: fetched}}, err
}

// nameOf is a name of an image, or "".
func (t *task) nameOf(manifest image.Digest) string {
	for _, listed := range t.listed() {
		if listed.Manifest == manifest && len(listed.Names) > 0 {
			return listed.Names[0].Name
		}
	}
	return ""
}

// trees makes those that an image in the store lacks. Blobs that were pruned are fetched again.
func (t *task) trees(ctx context.Context, name string, r image.Record) (fetched bool, err error) {
	to, err := t.target()
	if err != nil || len(t.store.Missing(r, to.owners)) == 0 {
		return false, err
	}
	src, done, err := t.again(ctx, name, r)
	if err != nil {
		return false, err
	}
	defer done()
	return t.build(ctx, src, &r)
}

// again is where an image that has this name came from.
func (t *task) again(ctx context.Context, name string, r image.Record) (Source, func(), error) {
	nothing := func() {}
	s, err := image.ParseSource(name, look)
	switch {
	case name == "" || err != nil || t.whole(r):
		return nowhere{}, nothing, nil
	case s.Kind == image.Registry:
		s.Name.Tag, s.Name.Digest = "", r.Manifest // the tag may be another image's by now
		o, err := t.options(s.Name)
		if err != nil {
			return nil, nothing, err
		}
		src, err := registry.Open(ctx, o)
		return src, nothing, err
	}
	a, err := t.openArchive(ctx, s)
	if err != nil {
		return nil, nothing, err
	}
	return a.Images[0], func() { a.Close() }, nil
}

// whole tells whether all blobs of an image are there.
func (t *task) whole(r image.Record) bool {
	for _, l := range r.Layers {
		if there, err := whole(t.store.Blob(l.Blob), descriptor{Digest: l.Blob, Size: l.Packed}); err != nil || !there {
			return false
		}
	}
	return true
}

// called is an image's name, or its id.
func called(name string, r image.Record) string {
	if name == "" {
		return r.ID[:12]
	}
	return name
}
