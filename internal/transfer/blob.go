package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/urun-project/urun/internal/image"
)

// descriptor is what a manifest says of a blob.
type descriptor struct {
	Digest image.Digest
	Size   int64
	Type   string
}

// fetch gets a blob into the store, and tells whether anything had to be fetched for it.
func (t *task) fetch(ctx context.Context, src Source, d descriptor, b *bar) (fetched bool, err error) {
	path := t.store.Blob(d.Digest)
	for {
		switch there, err := whole(path, d); {
		case err != nil:
			return false, err
		case there:
			return false, nil
		}
		// Whoever has fetched it renames it while it is locked, so that it is found above.
		f, err := t.store.OpenPartial(ctx, d.Digest)
		if err != nil {
			return false, err
		}
		if _, err := os.Lstat(path); err == nil {
			// The file has been made anew since.
			os.Remove(f.Name())
			f.Close()
			continue
		}
		p := &partial{descriptor: d, f: f, sum: sha256.New(), bar: b}
		err = t.complete(ctx, src, p)
		if err == nil {
			err = os.Rename(f.Name(), path)
		}
		f.Close()
		return true, err
	}
}

// whole tells whether the store has a blob. It was verified when it got its name, but a machine that lost its power may have
// kept less of it.
func whole(path string, d descriptor) (bool, error) {
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return false, nil
	case err != nil:
		return false, err
	case info.Mode().IsRegular() && info.Size() == d.Size:
		return true, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, f); err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	} else if digest(h) == d.Digest {
		return false, fmt.Errorf("the manifest says that %s has %d bytes, and it has %d", d.Digest, d.Size, n)
	}
	return false, os.Remove(path)
}

// torn removes a blob that is not what its name says.
func (t *task) torn(d image.Digest) bool {
	path := t.store.Blob(d)
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil || digest(h) == d {
		return false
	}
	return os.Remove(path) == nil
}

func digest(h hash.Hash) image.Digest {
	return image.Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))
}

// partial is a blob on its way, locked.
type partial struct {
	descriptor
	f    *os.File
	sum  hash.Hash // of the first have bytes
	have int64
	bar  *bar
}

// resume takes what an earlier one has left.
func (p *partial) resume() error {
	n, err := io.Copy(p.sum, p.f)
	if err != nil {
		return fmt.Errorf("read %s: %w", p.f.Name(), err)
	}
	if p.have = n; n > p.Size {
		return p.restart()
	}
	return nil
}

// restart drops what there is.
func (p *partial) restart() error {
	p.sum.Reset()
	p.have = 0
	if err := p.f.Truncate(0); err != nil {
		return err
	}
	_, err := p.f.Seek(0, io.SeekStart)
	return err
}

// Write appends, as far as the blob may go.
func (p *partial) Write(b []byte) (int, error) {
	if int64(len(b)) > p.Size-p.have {
		return 0, errors.Join(p.restart(), fmt.Errorf("there is more of it than the %d bytes that the manifest says", p.Size))
	}
	n, err := p.f.Write(b)
	p.sum.Write(b[:n])
	p.have += int64(n)
	p.bar.at(p.have)
	if err != nil {
		err = &writeError{path: p.f.Name(), more: p.Size - p.have, err: err}
	}
	return n, err
}
