package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

var formats = []string{"", formatOCI, formatDocker, formatDir}

func TestWhatIsSavedIsReadAgain(t *testing.T) {
	for name, i := range map[string]images.Image{"many": images.Many(12), "configured": images.Configured(), "zstd": {Layers: images.Many(2).Layers, Packed: images.Zstd}, "plain": {Layers: images.Many(2).Layers, Packed: images.Plain}} {
		img := i.Build(t)
		for _, format := range formats {
			t.Run(name+" "+format, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x")
				if err := SaveTo(context.Background(), path, format, []Named{{img, []string{"docker.io/library/x:1", "localhost/y:2", "docker.io/library/x@" + zeros, "oci:/dir:1"}}}); err != nil {
					t.Fatal(err)
				}
				a := opened(t, Options{Path: path})
				same(t, a.Images[0], img, format != formatDocker)
				if names := a.Images[0].Names(); len(a.Images) != 1 || !slices.Equal(names, []string{"docker.io/library/x:1", "localhost/y:2"}) {
					t.Errorf("%d images, the first is called %q", len(a.Images), names)
				}
			})
		}
	}
}

func three(t *testing.T) []Named {
	shared := images.Many(3).Build(t)
	return []Named{{images.One().Build(t), []string{"docker.io/library/one:1"}}, {shared, nil}, {images.Many(2).Build(t), []string{"localhost/two:latest"}}}
}

func TestSeveralImagesAreSaved(t *testing.T) {
	list := three(t)
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := SaveTo(context.Background(), path, format, list); err != nil {
				t.Fatal(err)
			}
			a := opened(t, Options{Path: path})
			if len(a.Images) != len(list) {
				t.Fatalf("there are %d images", len(a.Images))
			}
			for n, i := range a.Images {
				same(t, i, list[n].Image, format != formatDocker)
				if !slices.Equal(i.Names(), list[n].Names) {
					t.Errorf("image %d is called %q", n, i.Names())
				}
			}
		})
	}
}

func TestTheSameImagesGiveTheSameBytes(t *testing.T) {
	for _, format := range []string{formatOCI, formatDocker} {
		var first, second bytes.Buffer
		if err := errors.Join(Save(context.Background(), &first, format, three(t)), Save(context.Background(), &second, format, three(t))); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: %d bytes and %d, not the same", format, first.Len(), second.Len())
		}
		for r := tar.NewReader(&first); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || h.ModTime.Unix() != 0 || h.Uid != 0 || h.Uname != "" {
				t.Fatalf("%s: %v: %+v", format, err, h)
			}
		}
	}
}

// damaged is an image whose last layer has other bytes than it says, as after a fault of the disk.
type damaged struct{ v1.Image }

func (d damaged) Layers() ([]v1.Layer, error) {
	all, err := d.Image.Layers()
	if err != nil {
		return nil, err
	}
	last := len(all) - 1
	return append(slices.Clone(all[:last]), changed{all[last]}), nil
}

type changed struct{ v1.Layer }

func (c changed) Compressed() (io.ReadCloser, error) {
	n, err := c.Size()
	return io.NopCloser(strings.NewReader(strings.Repeat("x", int(n)))), err
}

func TestNothingIsLeftOfWhatFails(t *testing.T) {
	dir := t.TempDir()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	full := filepath.Join(dir, "full")
	put(t, full, []byte("old"))
	img := Named{Image: images.Many(2).Build(t)}
	for _, format := range formats {
		for name, c := range map[string]struct {
			ctx  context.Context
			path string
			img  v1.Image
			says string
		}{
			"cancelled":   {ended, full, img.Image, "context canceled"},
			"damaged":     {context.Background(), full, damaged{img.Image}, "is damaged"},
			"no such dir": {context.Background(), filepath.Join(dir, "none", "x"), img.Image, "no such file"},
		} {
			path := c.path
			if format == formatDir && path == full {
				path = filepath.Join(dir, "new")
			}
			err := SaveTo(c.ctx, path, format, []Named{{Image: c.img}})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %s: %v, and is to be said %q", name, format, err, c.says)
			}
		}
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 || string(get(t, full)) != "old" {
		t.Errorf("%v: there are %v", err, list)
	}
}

func TestWhereNothingIsSavedTo(t *testing.T) {
	list := three(t)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), nil)
	for _, c := range []struct{ path, format, says string }{
		{dir, formatOCI, "it is a directory"},
		{dir, formatDir, "is not empty"},
		{filepath.Join(dir, "file"), formatDir, "not a directory"},
		{filepath.Join(dir, "new"), "squashfs", `"squashfs" is no format`},
		{"/dev/full", formatOCI, "no space left"},
		{"/dev/full", formatDocker, "no space left"},
	} {
		if err := SaveTo(context.Background(), c.path, c.format, list); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s as %s: %v, and is to be said %q", c.path, c.format, err, c.says)
		}
	}
	if err := Save(context.Background(), &bytes.Buffer{}, formatDir, list); err == nil || !strings.Contains(err.Error(), "name a path") {
		t.Error(err)
	}
	terminal, other, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	defer other.Close()
	if err := Save(context.Background(), other, formatOCI, list); err == nil || !strings.Contains(err.Error(), "not written to a terminal") {
		t.Error(err)
	}
	empty := t.TempDir()
	if err := SaveTo(context.Background(), empty, formatDir, list); err != nil {
		t.Errorf("into an empty directory: %v", err)
	}
}

// What a symbolic link leads to is written, with the mode that the umask allows.
func TestASymbolicLinkStays(t *testing.T) {
	dir := t.TempDir()
	link, file := filepath.Join(dir, "link"), filepath.Join(dir, "file")
	put(t, file, nil)
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := SaveTo(context.Background(), link, "", three(t)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v: it is %v now", err, info)
	}
	if a := opened(t, Options{Path: file}); a.Kind != image.OCIArchive {
		t.Errorf("the file is %q", a.Kind)
	}
}
