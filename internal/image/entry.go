package image

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Entry is a name in the store.
type Entry struct {
	Name     string    `json:"name"` // a full name, or a local source: oci:/abs/dir:tag
	Manifest Digest    `json:"manifest"`
	Pulled   time.Time `json:"pulled"`          // when the image got the name
	Stamp    string    `json:"stamp,omitempty"` // of a local source, see [Source.Stamp]
}

// nameFile is the file of a name: a sum, because a name may be longer than a file's. It is none of cryptography, which would
// cost every start 0.04 ms: of two names that were made to have the same file, the one that came last has it, and the other one
// is not there, as the file has the whole name in it.
func nameFile(name string) string {
	h := fnv.New128a()
	h.Write([]byte(name)) // it does not fail
	return hex.EncodeToString(h.Sum(nil))
}

const nameDigits = 32

// entry reads a name by its file. What is not whole, or another one's, is an error.
func (s Store) entry(file string) (e Entry, err error) {
	path := s.images("names", file)
	text, err := readSmall(path)
	if err != nil {
		return e, err
	}
	if e, err = decodeEntry(text); err == nil {
		_, err = ParseDigest(string(e.Manifest))
	}
	if err == nil && nameFile(e.Name) != file {
		err = errors.New("it is the name of " + e.Name)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("read %s: %w", path, err)
	}
	return e, nil
}

// entries reads all names. Passed are those that cannot be read.
func (s Store) entries() (all []Entry, passed []error, err error) {
	files, err := os.ReadDir(s.images("names"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, f := range files {
		switch e, err := s.entry(f.Name()); {
		case err == nil:
			all = append(all, e)
		case !errors.Is(err, fs.ErrNotExist): // else it was just removed
			passed = append(passed, err)
		}
	}
	return all, passed, nil
}

// Tag gives a name to an image that is in the store; whichever image had it has it no more. The stamp is that of a local source.
func (s Store) Tag(name string, manifest Digest, stamp string) error {
	m, err := s.NewTmp()
	if err != nil {
		return err
	}
	next, err := writeName(m.Path, Entry{Name: name, Manifest: manifest, Stamp: stamp})
	if err == nil {
		err = s.change(func() error {
			if !exists(s.Record(manifest)) {
				return &NotFoundError{Word: string(manifest)}
			}
			return os.Rename(next, s.name(name))
		})
	}
	return errors.Join(err, m.Close())
}

// writeName makes the file of a name in a directory of one's own.
func writeName(dir string, e Entry) (path string, err error) {
	if e.Name == "" || strings.ContainsAny(e.Name, "\x00\n") {
		return "", errors.New("an image cannot be called so: " + strconv.Quote(e.Name))
	}
	if _, err := ParseDigest(string(e.Manifest)); err != nil {
		return "", err
	}
	e.Pulled = time.Now()
	text, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, nameFile(e.Name))
	return path, write(path, text)
}

// Untag takes a name away. The image stays.
func (s Store) Untag(name string) error {
	err := s.change(func() error { return os.Remove(s.name(name)) })
	if errors.Is(err, fs.ErrNotExist) {
		return &NotFoundError{Word: name}
	}
	return err
}
