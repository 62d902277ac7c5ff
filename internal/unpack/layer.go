package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Layer unpacks a blob into the directory at path, which is empty unless the job is a flat one. After an error what is in it
// is of no use.
func Layer(job Job, blob *os.File, path string) (Report, error) {
	defer unix.Umask(unix.Umask(0)) // modes are those of the archive
	root, err := openTree(path)
	if err != nil {
		return Report{}, err
	}
	var r Report
	t := &tree{root: root, open: map[string]*dir{}, links: map[string]bool{}, flat: job.Flat, report: &r}
	defer t.close()
	if !job.Flat {
		if r.NoMarks = noMarks(root.fd); r.NoMarks != "" {
			return r, nil
		}
	} else if err := t.hide(job, blob); err != nil {
		return r, err
	}
	u := unpacker{tree: t, ids: ids{job.UIDs, job.GIDs, job.OneID}, buffer: make([]byte, bufferSize)}
	if err := u.prepare(); err != nil {
		return r, err
	}
	err = read(job, blob, u.entry, func(p *pipeline) (err error) {
		r.DiffID, r.Stream, err = p.end()
		return err
	})
	if err == nil {
		err = u.finish()
	}
	r.Files, r.Implied = int64(t.entries), t.implied.list()
	return r, err
}

// read gives each entry of a blob's archive to a function, and to another one what comes after the archive.
func read(job Job, blob *os.File, entry func(*tar.Header, io.Reader) error, end func(*pipeline) error) error {
	z, err := decompress(blob, job.MediaType)
	if err != nil {
		return err
	}
	defer z.Close()
	p := begin(z)
	defer p.close()
	a := tar.NewReader(p)
	for n := 0; ; n++ {
		h, err := a.Next()
		switch {
		case err == io.EOF:
			return end(p)
		case n == 0 && (errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF)):
			return errors.New("read the layer: it is neither a tar archive nor one that is compressed with gzip, zstd or xz")
		case err != nil:
			return reading(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue // comments: git archive writes the commit
		}
		if err := entry(h, a); err != nil {
			return err
		}
	}
}

// reading is an error of the archive's, or of what is below it and has a text already.
func reading(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("read the layer: the archive ends early")
	}
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong) {
		return fmt.Errorf("read the layer: %w", err)
	}
	return err
}

// count keeps what one archive can have urun make and remember within bounds.
func (t *tree) count(path string) error {
	t.entries++
	if t.entries > mostEntries {
		return fmt.Errorf("unpack %s: the layer has more than %d entries", quote(path), mostEntries)
	}
	return nil
}

// remember does so for names that are kept until the end.
func (t *tree) remember(path string) error {
	const overhead = 64 // of a map, a slice
	if t.names += len(path) + overhead; t.names > mostNames {
		return fmt.Errorf("unpack %s: the names of the layer's directories are longer than %d MiB together", quote(path), mostNames>>20)
	}
	return nil
}

// ledger is a list of names from which some are dropped again.
type ledger struct {
	names []string
	have  map[string]bool
}

func (l *ledger) add(name string) {
	if l.have == nil {
		l.have = map[string]bool{}
	}
	if _, known := l.have[name]; !known {
		l.names = append(l.names, name)
	}
	l.have[name] = true
}

func (l *ledger) drop(name string) {
	if l.have[name] {
		l.have[name] = false
	}
}

func (l *ledger) list() (paths []Path) {
	for _, name := range l.names {
		if l.have[name] {
			paths = append(paths, Path(name))
		}
	}
	return paths
}
