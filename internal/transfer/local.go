package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urun-project/urun/internal/archive"
	"github.com/urun-project/urun/internal/image"
)

// pullLocal gets an image from a file or directory. What is in the store will do while that is what it was.
func (t *task) pullLocal(ctx context.Context, s image.Source) ([]image.Done, error) {
	name := s.String()
	stamp, err := s.Stamp()
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && s.Kind == image.OCI:
		return nil, fmt.Errorf("open %s: there is no index.json in it, as OCI's image layout has", name)
	case missing && s.Kind == image.Dir:
		return nil, fmt.Errorf("open %s: there is no manifest.json in it, as what skopeo writes with dir: has", name)
	}
	if err != nil {
		return nil, err
	}
	if t.Policy != always {
		if entry, _, err := t.store.Find(name); err == nil && entry.Stamp == stamp {
			if d, ok, err := t.stored(ctx, name); ok || err != nil {
				return []image.Done{d}, err
			}
		}
	}
	if t.Policy == never {
		return nil, fmt.Errorf("%s is not in the store as it is now, and is not to be read", name)
	}
	t.show.tell("Pulling " + name + " ...")
	a, err := t.openArchive(ctx, s)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if len(a.Images) != 1 {
		return nil, fmt.Errorf("%s has %d images: say which one, as in %s:TAG", name, len(a.Images), name)
	}
	record, fetched, err := t.into(ctx, a.Images[0], stamp, name)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", name, err)
	}
	return []image.Done{{Name: name, Manifest: record.Manifest, ID: record.ID, Fetched: fetched}}, nil
}

func (t *task) openArchive(ctx context.Context, s image.Source) (*archive.Archive, error) {
	return archive.Open(ctx, archive.Options{Path: s.Path, Kind: archive.Kind(s.Kind), Ref: s.Ref, Platform: t.Platform, Tmp: t.store.Tmp(), Stdin: t.stdin})
}

// load gets all images of archives into the store, by the names that they have there.
func (t *task) load(ctx context.Context) (done []image.Done, err error) {
	for _, path := range t.Sources {
		list, err := t.loadFrom(ctx, path)
		done = append(done, list...)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (t *task) loadFrom(ctx context.Context, path string) (done []image.Done, err error) {
	a, err := t.openArchive(ctx, image.Source{Path: path})
	if err != nil {
		return nil, err
	}
	defer a.Close()
	for _, img := range a.Images {
		record, fetched, err := t.into(ctx, img, "", img.Names()...)
		if err != nil {
			return done, fmt.Errorf("load an image of %s: %w", a.Name, err)
		}
		for _, name := range img.Names() {
			done = append(done, image.Done{Name: name, Manifest: record.Manifest, ID: record.ID, Fetched: fetched})
		}
		if len(img.Names()) == 0 {
			done = append(done, image.Done{Manifest: record.Manifest, ID: record.ID, Fetched: fetched})
		}
	}
	return done, nil
}
