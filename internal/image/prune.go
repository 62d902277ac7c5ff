package image

import "errors"

// PruneOptions say what goes beside what nobody can find any more.
type PruneOptions struct {
	All   bool // also images that have a name, unless a container uses them
	Blobs bool // also the blobs of layers: their images run, and cannot be pushed or saved
}

// Pruned is what went.
type Pruned struct {
	Images     []Listed
	InUse      []Listed // which did not go for that reason
	Layers     int
	Blobs      int
	Partial    int      // blobs that were on their way
	Tmp        int      // things half made
	Containers int      // what dead containers had written
	Bytes      int64    // on the disk
	Busy       bool     // somebody is fetching or writing images, so layers, blobs and images without a name were left alone
	Passed     []string // what could not be read and was removed, or cannot be removed, and why
}

// Prune removes what nobody can find any more: images without a name, what killed processes have left, layers and blobs that no
// image has. What somebody is using or making stays. remove is as for [Store.Remove].
func (s Store) Prune(o PruneOptions, remove func(paths []string) error) (p Pruned, err error) {
	if !exists(s.images()) {
		return p, nil
	}
	if err := s.Make(); err != nil {
		return p, err
	}
	alone, err := s.alonePatiently()
	p.Busy = err == errLocked
	if err != nil && !p.Busy {
		return p, err
	}
	if !p.Busy {
		defer alone.Close()
	}
	if err = s.pruneImages(&p, o); err == nil {
		err = s.mend(&p)
	}
	if err != nil {
		return p, err
	}
	var w swept
	if !p.Busy {
		w, err = s.sweep(o.Blobs)
		alone.Close() // what follows takes longer, and disturbs nobody
		p.Layers, p.Blobs, p.Bytes = w.layers, w.blobs, w.bytes
	}
	left, failed := s.leftOver(&p)
	defer left.close()
	trees := append(left.trees, w.trees...)
	for _, tree := range trees {
		p.Bytes += usage(tree)
	}
	return p, errors.Join(err, failed, removeAll(trees, remove))
}

// pruneImages removes images without a name, or all that are not in use. While somebody fetches, one without a name may be one
// that is just about to get it.
func (s Store) pruneImages(p *Pruned, o PruneOptions) error {
	all, _, err := s.List()
	for _, l := range all {
		nameless := len(l.Names) == 0
		if !nameless && !o.All || nameless && p.Busy {
			continue
		}
		_, err := s.forget(l.Record, nameless)
		inUse, missing := (*InUseError)(nil), (*NotFoundError)(nil)
		switch {
		case err == nil:
			p.Images = append(p.Images, l)
		case errors.As(err, &inUse):
			p.InUse = append(p.InUse, l)
		case !errors.Is(err, errNamed) && !errors.As(err, &missing):
			return err
		}
	}
	return err
}
