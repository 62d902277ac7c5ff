package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool is a copy of what can be read once only.
func spool(ctx context.Context, dir string, r io.Reader) (*os.File, error) {
	if r == nil {
		return nil, errors.New("there is no standard input")
	}
	f, err := temporary(dir)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(f, reading{ctx, r, nil}); err != nil {
		_ = f.Close() // it goes with its descriptor
		return nil, fmt.Errorf("copy it to %s: %w", dir, err)
	}
	return f, nil
}

// temporary is a file without a name: it goes with its descriptor, also when this process is killed.
func temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "spool-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}

// single is a file that is no archive of files.
type single struct{ *os.File }

func (s single) open(string) (file, error) { return part{wholeOf(s.File)}, nil }

// wholeOf is a file from its beginning to the end that it has now.
func wholeOf(f *os.File) *io.SectionReader {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		end = 0 // files that were opened as regular ones have an end
	}
	return io.NewSectionReader(f, 0, end)
}
