package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/archive"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// push sends an image of the store to a registry.
func (t *task) push(ctx context.Context) ([]image.Done, error) {
	if len(t.Sources) != 1 {
		return nil, errors.New("one image is pushed at a time")
	}
	entry, r, err := t.store.Find(t.Sources[0])
	if err != nil {
		return nil, err
	}
	to, _, err := image.ParseName(t.To)
	if err != nil {
		return nil, err
	}
	o, err := t.options(to)
	if err != nil {
		return nil, err
	}
	img, err := t.outgoing(ctx, entry.Name, r)
	if err != nil {
		return nil, err
	}
	t.show.tell("Pushing " + to.String() + " ...")
	d, err := registry.Push(ctx, o, img, registry.PushOptions{From: t.names(r.Manifest), Progress: t.uploads()})
	if err != nil {
		return nil, fmt.Errorf("push %s: %w", to, err)
	}
	return []image.Done{{Name: to.String(), Manifest: d, ID: r.ID}}, nil
}

// names are those of an image that are in registries.
func (t *task) names(manifest image.Digest) (names []image.Name) {
	for _, listed := range t.listed() {
		if listed.Manifest != manifest {
			continue
		}
		for _, e := range listed.Names {
			if n, short, err := image.ParseName(e.Name); err == nil && !short {
				names = append(names, n)
			}
		}
	}
	return names
}

// uploads shows what is being sent.
func (t *task) uploads() func(registry.Upload) {
	var mu sync.Mutex
	bars := map[image.Digest]*bar{}
	return func(u registry.Upload) {
		mu.Lock()
		defer mu.Unlock()
		b, ok := bars[u.Blob]
		if !ok {
			b = t.show.begin(u.Blob.Hex()[:12], u.Size)
			bars[u.Blob] = b
		}
		switch {
		case u.There:
			b.done("there already")
		case u.Sent == u.Size:
			b.done(size(u.Size))
		default:
			b.at(u.Sent)
		}
	}
}

// save writes images of the store into an archive, or a directory.
func (t *task) save(ctx context.Context) (done []image.Done, err error) {
	var images []archive.Named
	for _, word := range t.Sources {
		entry, r, err := t.store.Find(word)
		if err != nil {
			return nil, err
		}
		img, err := t.outgoing(ctx, entry.Name, r)
		if err != nil {
			return nil, err
		}
		named := archive.Named{Image: img}
		if entry.Name != "" {
			named.Names = []string{entry.Name}
		}
		images = append(images, named)
		done = append(done, image.Done{Name: entry.Name, Manifest: r.Manifest, ID: r.ID})
	}
	if t.To == "-" {
		err = archive.Save(ctx, t.stdout, t.Format, images)
	} else {
		err = archive.SaveTo(ctx, t.To, t.Format, images)
	}
	if err != nil {
		return nil, fmt.Errorf("save to %s: %w", t.To, err)
	}
	return done, nil
}

// outgoing is an image of the store as it is sent. Blobs that it lacks because they were pruned are fetched again.
func (t *task) outgoing(ctx context.Context, name string, r image.Record) (v1.Image, error) {
	src, done, err := t.again(ctx, name, r)
	if err != nil {
		return nil, err
	}
	defer done()
	b := &build{task: t, src: src, record: &r}
	if err := b.each(ctx, func(context.Context, int, *bar) error { return nil }); err != nil {
		return nil, err
	}
	return archive.FromStore(t.store.Blob, r)
}
