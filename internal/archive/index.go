package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// beginsAsTar says early what is no archive at all.
func beginsAsTar(f *os.File) error {
	r, err := decompress(wholeOf(f))
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = tar.NewReader(r).Next()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated
	case err != nil:
		return fmt.Errorf("it is no tar archive, plain or compressed: %w", err)
	}
	return nil
}

// index finds the members of an archive; of a compressed one, those of a copy. see is [scan]'s.
func index(ctx context.Context, tmp string, f *os.File, see func(*tar.Header) bool) (*members, error) {
	r := wholeOf(f)
	if packedAs(r) == plain {
		list, err := scan(r, func() (int64, error) { return r.Seek(0, io.SeekCurrent) }, see)
		if err != nil {
			return nil, err
		}
		return &members{f, list}, nil
	}
	d, err := decompress(r)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, err := temporary(tmp)
	if err != nil {
		return nil, err
	}
	list, err := scanCopy(ctx, s, d, see)
	if err != nil {
		_ = s.Close() // it goes with its descriptor
		return nil, err
	}
	return &members{s, list}, nil
}

// scanCopy scans what it copies.
func scanCopy(ctx context.Context, to io.Writer, from io.Reader, see func(*tar.Header) bool) (map[string]member, error) {
	r := &counter{r: io.TeeReader(reading{ctx, from, nil}, to)}
	list, err := scan(r, func() (int64, error) { return r.n, nil }, see)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // a checksum may be at the end
		return nil, fmt.Errorf("decompress it: %w", err)
	}
	return list, nil
}

// counter knows how much was read. It has no Seek: tar then reads what it skips.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
