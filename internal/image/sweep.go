package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// swept is what no record names.
type swept struct {
	trees  []string // to be removed; nobody finds them any more
	layers int
	blobs  int
	bytes  int64 // of blobs
}

// gone begins the names of layers that are being removed. They stay in layers/: a directory that belongs to a subordinate
// id cannot be moved to another one, as that changes its "..".
const gone = "gone-"

// sweep takes the layers and blobs that no record names; also, if it is asked to, the blobs of all layers. The caller is [Store.alone].
func (s Store) sweep(layerBlobs bool) (w swept, err error) {
	err = s.change(func() error {
		named, err := s.inRecords(layerBlobs)
		if err != nil {
			return err
		}
		return errors.Join(s.sweepLayers(&w, named), s.sweepBlobs(&w, named))
	})
	return w, err
}

// named are the beginnings of trees' names, and the files of blobs, that are in a record.
type named struct{ trees, blobs map[string]bool }

func (s Store) inRecords(noLayerBlobs bool) (n named, err error) {
	n = named{map[string]bool{}, map[string]bool{}}
	manifests, err := s.manifests()
	if err != nil {
		return n, err
	}
	for _, d := range manifests {
		r, err := s.Read(d)
		if err != nil {
			return n, fmt.Errorf("look for layers that no image has: %w", err)
		}
		n.blobs[r.Manifest.Hex()], n.blobs[r.ID] = true, true
		for i, l := range r.Layers {
			n.blobs[l.Blob.Hex()] = n.blobs[l.Blob.Hex()] || !noLayerBlobs
			switch {
			case !r.Flat:
				n.trees[l.chained()] = true
			case i == len(r.Layers)-1:
				n.trees[flat+l.chained()] = true
			}
		}
	}
	return n, nil
}

func (s Store) sweepLayers(w *swept, n named) error {
	entries, err := os.ReadDir(s.images("layers"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		path := s.Tree(e.Name())
		if !strings.HasPrefix(e.Name(), gone) {
			chain, isTree := treeChain(e.Name())
			if !isTree || n.trees[chain] {
				continue // what is no layer is someone else's
			}
			to := s.Tree(gone + random())
			if err := os.Rename(path, to); err != nil {
				return err
			}
			path = to
			w.layers++
		}
		w.trees = append(w.trees, path)
	}
	return nil
}

func (s Store) sweepBlobs(w *swept, n named) error {
	dir := s.images("blobs", "sha256")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !isID(e.Name()) || n.blobs[e.Name()] {
			continue
		}
		path := filepath.Join(dir, e.Name())
		bytes := usage(path)
		if err := os.Remove(path); err != nil {
			return err
		}
		w.blobs++
		w.bytes += bytes
	}
	return nil
}

// treeChain takes the owners off the name of a tree.
func treeChain(key string) (chain string, ok bool) {
	i := strings.LastIndexByte(key, '-')
	if i < 0 {
		return "", false
	}
	chain = key[:i]
	hex := strings.TrimPrefix(chain, flat)
	return chain, len(hex) == chainDigits && isHex(hex) && isHex(key[i+1:])
}
