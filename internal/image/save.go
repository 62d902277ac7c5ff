package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Save puts a record into the store, with the image's own etc/passwd and etc/group, nil if it has none. All that the
// record names must be there. An image that is there already has a new record, and whoever uses it goes on using it.
//
// Of as, the name and the stamp count: the image has these names from the same moment on, so that nobody finds it without.
func (s Store) Save(r Record, passwd, group []byte, as ...Entry) error {
	if err := r.check(r.Manifest); err != nil {
		return fmt.Errorf("save the record of an image: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	m, err := s.NewTmp()
	if err != nil {
		return err
	}
	dir, names := filepath.Join(m.Path, "record"), map[string]string{}
	err = writeRecord(dir, text, passwd, group)
	for _, e := range as {
		if err == nil {
			names[e.Name], err = writeName(m.Path, Entry{Name: e.Name, Manifest: r.Manifest, Stamp: e.Stamp})
		}
	}
	if err == nil {
		err = s.change(func() error {
			err := place(dir, s.Record(r.Manifest))
			for name, from := range names {
				if err == nil {
					err = os.Rename(from, s.name(name))
				}
			}
			return err
		})
	}
	return errors.Join(err, m.Close())
}

// The files of a record.
const (
	recordFile = "record.json"
	passwdFile = "etc/passwd"
	groupFile  = "etc/group"
)

func writeRecord(dir string, record, passwd, group []byte) error {
	err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(filepath.Join(dir, "etc"), 0o700), write(filepath.Join(dir, "lock"), nil), write(filepath.Join(dir, recordFile), record))
	if err == nil && passwd != nil {
		err = write(filepath.Join(dir, passwdFile), passwd)
	}
	if err == nil && group != nil {
		err = write(filepath.Join(dir, groupFile), group)
	}
	return err
}

// place moves a record to its place. One that is there keeps its directory, whose lock others hold, and gets the files:
// as they are of the same manifest, it does not matter if that ends between two of them.
func place(from, to string) error {
	err := os.Rename(from, to)
	if !errors.Is(err, fs.ErrExist) { // ENOTEMPTY is one, too
		return err
	}
	if err := os.Mkdir(filepath.Join(to, "etc"), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Link(filepath.Join(from, "lock"), filepath.Join(to, "lock")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, name := range []string{passwdFile, groupFile, recordFile} {
		err := os.Rename(filepath.Join(from, name), filepath.Join(to, name))
		if errors.Is(err, fs.ErrNotExist) {
			err = os.Remove(filepath.Join(to, name))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Read gives the record of a manifest.
func (s Store) Read(manifest Digest) (r Record, err error) {
	if _, err := ParseDigest(string(manifest)); err != nil {
		return r, err
	}
	path := filepath.Join(s.Record(manifest), recordFile)
	text, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, &NotFoundError{Word: string(manifest)}
	}
	if err != nil {
		return r, err
	}
	if r, err = decodeRecord(text); err == nil {
		err = r.check(manifest)
	}
	if err != nil {
		return Record{}, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

// check tells whether the record can be used: what becomes a path is a digest.
func (r Record) check(manifest Digest) error {
	if _, err := ParseDigest(string(r.Manifest)); err != nil {
		return err
	}
	if r.Manifest != manifest {
		return errors.New("it is the record of " + string(r.Manifest))
	}
	if !isID(r.ID) {
		return errors.New("an id is 64 hexadecimal digits: " + r.ID)
	}
	for _, l := range r.Layers {
		for _, d := range []Digest{l.Blob, l.DiffID, l.Chain} {
			if _, err := ParseDigest(string(d)); err != nil {
				return err
			}
		}
		if l.Size < 0 || l.Packed < 0 {
			return errors.New("a layer has less than no bytes")
		}
	}
	for _, s := range append([]string{r.Config.User, r.Config.WorkingDir}, r.Config.Env...) {
		if strings.Contains(s, "\x00") {
			return errors.New("a value contains a zero byte")
		}
	}
	return nil
}
