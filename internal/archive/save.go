package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

// Named is an image to be written.
type Named struct {
	Image v1.Image
	Names []string // full ones; what is no name, or one with a digest, is left out
}

// What can be written.
const (
	formatOCI    = "oci-archive"
	formatDocker = "docker-archive"
	formatDir    = "oci-dir"
)

// Save writes images into an archive, of which every byte depends on them alone. The format is "oci-archive" (or empty) or
// "docker-archive". To a terminal nothing is written.
func Save(ctx context.Context, w io.Writer, format string, images []Named) error {
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		return errors.New("an archive is not written to a terminal: name a file, or redirect the output")
	}
	t := tarWriter{tar.NewWriter(w)}
	var err error
	switch format {
	case "", formatOCI:
		err = writeOCI(ctx, t, images)
	case formatDocker:
		err = writeDocker(ctx, t, images)
	case formatDir:
		err = errors.New("a directory cannot be written to a pipe: name a path")
	default:
		err = errFormat(format)
	}
	if err != nil {
		return err
	}
	return t.Close()
}

func errFormat(format string) error {
	return fmt.Errorf("%q is no format of images: there are %s, %s and %s", format, formatOCI, formatDocker, formatDir)
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// SaveTo writes to a path where all of it is at once, or nothing. The format may also be "oci-dir"; its path must not exist, or be
// an empty directory.
func SaveTo(ctx context.Context, path, format string, images []Named) error {
	info, err := os.Stat(path)
	switch {
	case format == formatDir:
		return saveDir(ctx, path, images)
	case err == nil && info.IsDir():
		return errors.New("it is a directory")
	case err == nil && !info.Mode().IsRegular(): // /dev/stdout, or a pipe
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(Save(ctx, f, format, images), f.Close())
	}
	if at, err := filepath.EvalSymlinks(path); err == nil {
		path = at // what a symbolic link leads to is replaced, not the link
	}
	return replace(path, func(f *os.File) error { return Save(ctx, f, format, images) })
}

// tags are the names that an archive can give.
func tags(names []string) (list []string) {
	for _, s := range names {
		if n, _, err := image.ParseName(s); err == nil && n.Digest == "" {
			list = append(list, n.String())
		}
	}
	return unique(list)
}
