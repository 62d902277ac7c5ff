package image

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// NotFoundError tells that there is no such image in the store, or none that can be used.
type NotFoundError struct {
	Word    string
	Because error // what is wrong with what there is; pulling mends it
}

func (e *NotFoundError) Error() string {
	s := "there is no image " + e.Word + " in the store"
	if e.Because != nil {
		s += ": " + e.Because.Error()
	}
	return s
}

func (e *NotFoundError) Unwrap() error { return e.Because }

// Find is the image of that name, full or short, or with that id, its beginning of at least three digits, or the digest of its
// manifest. The entry is that of the name, of another one of the image's, or has none.
func (s Store) Find(word string) (Entry, Record, error) {
	e, r, _, err := s.find(word)
	return e, r, err
}

// shortest is how much of an id is enough.
const shortest = 3

// find also tells whether the word is a name, not an id.
func (s Store) find(word string) (e Entry, r Record, named bool, err error) {
	names, n, err := candidates(word)
	missing := &NotFoundError{Word: word}
	for _, name := range names {
		e, r, err := s.named(name)
		if err == nil {
			return e, r, true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && missing.Because == nil {
			missing.Because = err
		}
	}
	if n.Digest != "" {
		if r, err := s.Read(n.Digest); err == nil {
			return Entry{Name: n.String(), Manifest: n.Digest}, r, true, nil
		}
	}
	if id := strings.TrimPrefix(word, "sha256:"); isHex(id) && len(id) >= shortest && len(id) <= 64 || len(names) > 1 {
		return s.search(word, n, missing)
	}
	if err != nil {
		return e, r, false, err
	}
	return e, r, false, missing
}

// candidates are the names in the store that the word may be.
func candidates(word string) ([]string, Name, error) {
	for _, k := range []Kind{OCI, OCIArchive, DockerArchive, Dir, Tar} {
		if path, ok := strings.CutPrefix(word, string(k)+":"); ok && filepath.IsAbs(path) {
			return []string{word}, Name{}, nil
		}
	}
	n, short, err := ParseName(strings.TrimPrefix(word, "docker://"))
	switch {
	case err != nil:
		return nil, Name{}, err
	case short && !strings.HasPrefix(word, "docker://"):
		return []string{Name{Localhost, strings.TrimPrefix(n.Repository, official), n.Tag, n.Digest}.String(), n.String()}, n, nil
	}
	return []string{n.String()}, n, nil
}

// named is the image of exactly that name.
func (s Store) named(name string) (e Entry, r Record, err error) {
	if e, err = s.entry(nameFile(name)); err == nil {
		r, err = s.Read(e.Manifest)
	}
	return e, r, err
}

// search looks at all images: for a short name, in any registry, and for an id.
func (s Store) search(word string, n Name, missing *NotFoundError) (e Entry, r Record, named bool, err error) {
	all, _, err := s.List()
	if err != nil {
		return e, r, false, err
	}
	if hits := withRepository(all, n); len(hits) == 1 {
		return hits[0].entry, hits[0].record, true, nil
	} else if len(hits) > 1 {
		var names []string
		for _, h := range hits {
			names = append(names, h.entry.Name)
		}
		return e, r, false, fmt.Errorf("%s is the name of several images: write %s", word, strings.Join(names, " or "))
	}
	hits := withID(all, strings.TrimPrefix(word, "sha256:"), strings.HasPrefix(word, "sha256:"))
	if len(hits) == 0 {
		return e, r, false, missing
	}
	if slices.ContainsFunc(hits, func(l Listed) bool { return l.ID != hits[0].ID && string(l.Manifest) != word }) {
		return e, r, false, fmt.Errorf("%s begins the ids of %d images; write more of it", strconv.Quote(word), len(hits))
	}
	e = Entry{Manifest: hits[0].Manifest}
	if len(hits[0].Names) > 0 {
		e = hits[0].Names[0]
	}
	return e, hits[0].Record, false, nil
}

type hit struct {
	entry  Entry
	record Record
}

// withRepository are the images of a short name in whichever registry.
func withRepository(all []Listed, n Name) (hits []hit) {
	if n.Repository == "" {
		return nil
	}
	n.Repository = strings.TrimPrefix(n.Repository, official)
	for _, l := range all {
		for _, e := range l.Names {
			have, _, err := ParseName(e.Name)
			if err == nil && have.Repository == n.Repository && have.Tag == n.Tag && have.Digest == n.Digest {
				hits = append(hits, hit{e, l.Record})
			}
		}
	}
	return hits
}

// withID are the images with that id, or whose ids begin so. A whole digest may be the manifest's.
func withID(all []Listed, id string, whole bool) (hits []Listed) {
	for _, l := range all {
		if len(id) >= shortest && strings.HasPrefix(l.ID, id) || whole && l.Manifest.Hex() == id {
			hits = append(hits, l)
		}
	}
	return hits
}
