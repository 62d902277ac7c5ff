package archive

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
)

// writer takes files in the order in which they are to be.
type writer interface {
	dir(name string) error
	file(name string, size int64, r io.Reader) error
}

// tarWriter writes them into an archive that says nothing of who has made it, and when.
type tarWriter struct{ *tar.Writer }

func (t tarWriter) dir(name string) error {
	return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: time.Unix(0, 0)})
}

func (t tarWriter) file(name string, size int64, r io.Reader) error {
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	n, err := io.Copy(t, r)
	if err == nil && n < size {
		err = fmt.Errorf("write %s: it has %d bytes, and %d are said to be in it", name, n, size)
	}
	return err
}

// copyBlob writes a layer as it is, and looks at its digest once more: a disk may have changed it.
func copyBlob(ctx context.Context, w writer, name string, l v1.Layer) error {
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	size, err := l.Size()
	if err != nil {
		return err
	}
	r, err := l.Compressed()
	if err != nil {
		return err
	}
	defer r.Close()
	return w.file(name, size, reading{ctx, newVerifier(r, image.Digest(digest.String()), errDigest), nil})
}
