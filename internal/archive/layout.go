package archive

import (
	"errors"
	"fmt"

	"github.com/urun-project/urun/internal/image"
)

// mostImages is how many an archive may have, and mostRead how much of manifests and indexes is read: a small archive can
// name the same large ones over and over.
const (
	mostImages = 1000
	mostRead   = 64 << 20
)

// layout is one whose images are being looked for.
type layout struct {
	in   blobs
	want image.Platform
	read int64 // bytes, and as many again for each document
}

// images are those of the entries of index.json. What has one name is one image for several platforms. What has none is an
// image each, if it is for the wanted platform.
func (l *layout) images(list []descriptor) ([]*Image, error) {
	var all []*Image
	var skipped error
	have := map[image.Digest]*Image{}
	for _, group := range grouped(list) {
		raw, d, err := l.choose(group, 0)
		if err == nil {
			d.MediaType, err = check(raw, d.MediaType, l.in)
		}
		switch digest := digestOf(raw); {
		case errors.Is(err, errNotImage), errors.Is(err, errOther):
			skipped = err
		case err != nil:
			return nil, fmt.Errorf("image %s: %w", refs(group)[0], err)
		case have[digest] != nil:
			have[digest].names = append(have[digest].names, namesOf(group[0])...)
		default:
			have[digest] = &Image{names: namesOf(group[0]), manifest: raw, mediaType: string(d.MediaType), blobs: l.in}
			all = append(all, have[digest])
		}
	}
	if len(all) == 0 {
		return nil, skipped
	}
	for _, i := range all {
		i.names = unique(i.names)
	}
	return all, nil
}

// grouped puts together what has one name, in the order of the first of each.
func grouped(list []descriptor) (groups [][]descriptor) {
	at := map[string]int{}
	for _, d := range list {
		key := d.Annotations[refName] + " " + d.Annotations[containerdName]
		n, ok := at[key]
		if key == " " || !ok {
			at[key] = len(groups)
			groups = append(groups, []descriptor{d})
			continue
		}
		groups[n] = append(groups[n], d)
	}
	return groups
}

// document reads a manifest or an index.
func (l *layout) document(d descriptor) ([]byte, document, error) {
	if l.read += d.Size + 4096; l.read > mostRead {
		return nil, document{}, fmt.Errorf("its indexes name more than %d bytes of manifests", mostRead)
	}
	raw, err := readDescribed(l.in, d)
	if err != nil {
		return nil, document{}, err
	}
	doc, err := parseDocument(raw, d.MediaType)
	if err != nil {
		err = fmt.Errorf("%s: %w", d.Digest, err)
	}
	return raw, doc, err
}
