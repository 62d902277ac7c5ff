package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Listed is an image with its names, which may be none.
type Listed struct {
	Record
	Names  []Entry   // the newest first
	Pulled time.Time // when it got the newest of them, or came into the store
}

// List are all images, the newest first. Passed are names and records that cannot be read, each with what is wrong with it.
func (s Store) List() (all []Listed, passed []error, err error) {
	entries, passed, err := s.entries()
	if err != nil {
		return nil, nil, err
	}
	manifests, err := s.manifests()
	if err != nil {
		return nil, nil, err
	}
	names := map[Digest][]Entry{}
	for _, e := range entries {
		names[e.Manifest] = append(names[e.Manifest], e)
	}
	for _, d := range manifests {
		l := Listed{Names: names[d]}
		delete(names, d)
		if l.Record, err = s.Read(d); err != nil {
			if missing := (*NotFoundError)(nil); errors.As(err, &missing) && !exists(s.Record(d)) {
				continue // it was just removed
			}
			passed = append(passed, err)
			continue
		}
		slices.SortFunc(l.Names, func(a, b Entry) int { return b.Pulled.Compare(a.Pulled) })
		if len(l.Names) > 0 {
			l.Pulled = l.Names[0].Pulled
		} else if info, err := os.Lstat(filepath.Join(s.Record(d), recordFile)); err == nil {
			l.Pulled = info.ModTime()
		}
		all = append(all, l)
	}
	for _, list := range names {
		for _, e := range list {
			if s.dangles(e) {
				passed = append(passed, fmt.Errorf("%s is the name of an image that is not there; pull it again", e.Name))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return b.Pulled.Compare(a.Pulled) })
	return all, passed, nil
}

// dangles tells whether the name is of an image that is not there. Names go before records do; so it is not, if it was just
// removed or is another's now.
func (s Store) dangles(e Entry) bool {
	if exists(s.Record(e.Manifest)) {
		return false
	}
	now, err := s.entry(nameFile(e.Name))
	return err == nil && now.Manifest == e.Manifest && !exists(s.Record(e.Manifest))
}

// manifests are those of the records there are.
func (s Store) manifests() (all []Digest, err error) {
	entries, err := os.ReadDir(s.images("records"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if d, err := ParseDigest("sha256:" + e.Name()); err == nil && e.IsDir() {
			all = append(all, d)
		}
	}
	return all, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
