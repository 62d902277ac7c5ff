package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// The policies of a pull.
const (
	missing = "missing" // what is in the store is taken from there
	always  = "always"
	never   = "never"
	newer   = "newer" // as always, but what is in the store will do when it cannot be fetched
)

// pull fetches all that it can, as podman does; the errors of the others are told in the end.
func (t *task) pull(ctx context.Context) (done []image.Done, err error) {
	var errs []error
	for _, word := range t.Sources {
		list, err := t.pullWord(ctx, word)
		done = append(done, list...)
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return done, several(errs)
}

func (t *task) pullWord(ctx context.Context, word string) ([]image.Done, error) {
	s, err := image.ParseSource(word, look)
	if err != nil {
		return nil, err
	}
	switch s.Kind {
	case image.Registry:
	case image.Directory:
		return nil, fmt.Errorf("%s is a directory, which a container starts from as it is", word)
	case image.Stored:
		d, ok, err := t.stored(ctx, word)
		if !ok && err == nil {
			err = fmt.Errorf("%s is in no registry: an image there has a name", word)
		}
		return []image.Done{d}, err
	default:
		return t.pullLocal(ctx, s)
	}
	names := []image.Name{s.Name}
	if t.All {
		return t.pullTags(ctx, s)
	}
	if t.Policy != always && t.Policy != newer {
		if d, ok, err := t.stored(ctx, word); ok || err != nil {
			return []image.Done{d}, err
		}
		if t.Policy == never {
			return nil, fmt.Errorf("%s is not in the store, and is not to be fetched", word)
		}
	}
	if s.Short {
		if names, err = t.resolve(word); err != nil {
			return nil, err
		}
	}
	d, err := t.pullFirst(ctx, names)
	if err != nil && t.Policy == newer && ctx.Err() == nil {
		if d, ok, err := t.stored(ctx, word); ok || err != nil {
			return []image.Done{d}, err
		}
	}
	if err != nil {
		return nil, err
	}
	return []image.Done{d}, nil
}

// look is for a word that may be a path.
func look(path string) (exists, dir bool) {
	info, err := os.Stat(path)
	return err == nil, err == nil && info.IsDir()
}

// stored gives an image that the store has, of the platform asked for. Trees that it lacks are made.
func (t *task) stored(ctx context.Context, word string) (image.Done, bool, error) {
	entry, record, err := t.store.Find(word)
	var absent *image.NotFoundError
	if errors.As(err, &absent) {
		return image.Done{}, false, nil
	}
	if err != nil || !record.For(t.Platform) {
		return image.Done{}, false, err
	}
	fetched, err := t.trees(ctx, entry.Name, record)
	if err != nil {
		err = fmt.Errorf("unpack %s: %w", called(entry.Name, record), err)
	}
	return image.Done{Name: entry.Name, Manifest: record.Manifest, ID: record.ID, Fetched: fetched}, true, err
}

// pullFirst pulls the first of these that a registry has.
func (t *task) pullFirst(ctx context.Context, names []image.Name) (image.Done, error) {
	var errs []error
	for _, n := range names {
		d, err := t.pullName(ctx, n)
		if err == nil {
			return d, nil
		}
		errs = append(errs, err)
		// Were another one tried when a registry cannot be reached, who breaks a connection would choose the image.
		if !registry.NotFound(err) && !registry.Denied(err) {
			break
		}
	}
	return image.Done{}, several(errs)
}

func (t *task) pullName(ctx context.Context, n image.Name) (image.Done, error) {
	name := n.String()
	t.show.tell("Pulling " + name + " ...")
	o, err := t.options(n)
	if err != nil {
		return image.Done{}, err
	}
	src, err := registry.Open(ctx, o)
	if err != nil {
		return image.Done{}, err
	}
	if d, ok, err := t.unchanged(ctx, name, src); ok || err != nil {
		return d, err
	}
	record, fetched, err := t.into(ctx, src, "", name)
	if err != nil {
		return image.Done{}, fmt.Errorf("pull %s: %w", name, err)
	}
	return image.Done{Name: name, Manifest: record.Manifest, ID: record.ID, Fetched: fetched}, nil
}

// unchanged gives the image that the store has by this name, if the registry still means the same by it. To ask for that
// costs nothing of what a registry allows a user in an hour.
func (t *task) unchanged(ctx context.Context, name string, src *registry.Source) (image.Done, bool, error) {
	entry, _, err := t.store.Find(name)
	if err != nil || entry.Name != name || entry.Stamp == "" {
		return image.Done{}, false, nil
	}
	if now, err := src.Head(ctx); err != nil || string(now) != entry.Stamp {
		return image.Done{}, false, nil // what is wrong shows when the manifest is asked for
	}
	return t.stored(ctx, name)
}

// pullTags pulls all that a repository has.
func (t *task) pullTags(ctx context.Context, s image.Source) (done []image.Done, err error) {
	names := []image.Name{s.Name}
	if s.Short {
		if names, err = t.resolve(s.Name.Repository); err != nil {
			return nil, err
		}
	}
	o, err := t.options(names[0])
	if err != nil {
		return nil, err
	}
	tags, err := registry.Tags(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("list the tags of %s/%s: %w", names[0].Registry, names[0].Repository, err)
	}
	for _, tag := range tags {
		n := names[0]
		n.Tag, n.Digest = tag, ""
		if is, _, err := image.ParseName(n.String()); err != nil || is != n { // it becomes a part of an address, and of a name in the store
			t.show.say("urun-image: left out: " + strconv.Quote(tag) + ", which " + n.Registry + " lists, is no tag")
			continue
		}
		d, err := t.pullName(ctx, n)
		if err != nil {
			return done, err
		}
		done = append(done, d)
	}
	return done, nil
}

// resolve gives what a short name may stand for.
func (t *task) resolve(short string) ([]image.Name, error) {
	c, err := t.registries()
	if err != nil {
		return nil, err
	}
	return c.Resolve(short)
}
