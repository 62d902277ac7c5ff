package transfer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/urun-project/urun/internal/image"
)

// into gets all of an image into the store, where it has these names then. It tells whether anything had to be fetched. Of a
// registry, the stamp is what the name means there.
func (t *task) into(ctx context.Context, src Source, stamp string, names ...string) (r image.Record, fetched bool, err error) {
	raw, mediaType, err := src.Manifest(ctx)
	if err != nil {
		return r, false, err
	}
	h := sha256.New()
	h.Write(raw)
	r.Manifest, r.MediaType = digest(h), mediaType
	m, err := parseManifest(raw)
	if err != nil {
		return r, false, fmt.Errorf("the manifest %s: %w", r.Manifest, err)
	}
	if s, ok := src.(interface{ Tagged() image.Digest }); ok {
		stamp = string(s.Tagged())
	}
	var as []image.Entry
	for _, name := range names {
		as = append(as, image.Entry{Name: name, Stamp: stamp})
	}
	if had, ok := t.has(r.Manifest, m); ok && t.tag(r.Manifest, as) == nil {
		return had, false, nil
	}
	if err := t.keep(ctx, r.Manifest, raw); err != nil {
		return r, false, err
	}
	none := &bar{of: &display{quiet: true}}
	if fetched, err = t.fetch(ctx, src, m.config, none); err != nil {
		return r, fetched, err
	}
	if raw, err = os.ReadFile(t.store.Blob(m.config.Digest)); err != nil {
		return r, fetched, err
	}
	c, err := parseConfig(raw, len(m.layers))
	if err != nil {
		return r, fetched, fmt.Errorf("the configuration %s: %w", m.config.Digest, err)
	}
	r.ID, r.Platform, r.Created, r.Config = m.config.Digest.Hex(), c.platform, c.created, c.config
	ids := chains(c.diffIDs)
	for i, l := range m.layers {
		r.Layers = append(r.Layers, image.Layer{Blob: l.Digest, Type: l.Type, DiffID: c.diffIDs[i], Chain: ids[i], Packed: l.Size})
	}
	more, err := t.build(ctx, src, &r, as...)
	return r, fetched || more, err
}

// tag gives an image its names. It may have been removed since it was found.
func (t *task) tag(manifest image.Digest, as []image.Entry) error {
	for _, e := range as {
		if err := t.store.Tag(e.Name, manifest, e.Stamp); err != nil {
			return err
		}
	}
	return nil
}

// has gives the record of an image of which everything is there.
func (t *task) has(d image.Digest, m manifest) (image.Record, bool) {
	r, err := t.store.Read(d)
	if err != nil {
		return r, false
	}
	to, err := t.target()
	if err != nil || len(t.store.Missing(r, to.owners)) > 0 {
		return r, false
	}
	there, err := whole(t.store.Blob(m.config.Digest), m.config)
	return r, err == nil && there && t.whole(r)
}

// keep writes a manifest into the store, which has come as a whole.
func (t *task) keep(ctx context.Context, d image.Digest, raw []byte) error {
	_, err := t.fetch(ctx, inMemory{raw: raw}, descriptor{Digest: d, Size: int64(len(raw))}, &bar{of: &display{quiet: true}})
	return err
}
