package archive

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

// The file of a layer is replaced by what is no file of the directory.
func TestHostileDirectories(t *testing.T) {
	img := images.One().Build(t)
	for name, c := range map[string]struct {
		make func(at, outside string) error
		says string
	}{
		"link out":          {func(at, outside string) error { return os.Symlink(outside, at) }, "escapes"},
		"relative link out": {func(at, outside string) error { return os.Symlink("../../../../outside", at) }, "escapes"},
		"pipe":              {func(at, _ string) error { return syscall.Mkfifo(at, 0o600) }, "no regular file"},
		"directory":         {func(at, _ string) error { return os.Mkdir(at, 0o700) }, "no regular file"},
		"device":            {func(at, _ string) error { return os.Symlink("/dev/zero", at) }, "escapes"},
		"nothing":           {func(string, string) error { return nil }, "is missing"},
	} {
		for _, kind := range []Kind{image.OCI, image.Dir} {
			t.Run(name+" in "+string(kind), func(t *testing.T) {
				dir := written(t, img)[kind]
				at := layerFile(t, dir, kind, img)
				outside := filepath.Join(filepath.Dir(dir), "outside")
				if err := os.Rename(at, outside); err != nil {
					t.Fatal(err)
				}
				if err := c.make(at, outside); err != nil {
					t.Fatal(err)
				}
				a, err := Open(context.Background(), Options{Path: dir})
				if err == nil {
					_ = a.Close() // the test has failed
				}
				if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir, ""), c.says) {
					t.Errorf("%v, and is to be said %q", err, c.says)
				}
			})
		}
	}
}

// A link to another file of the same directory is as good as that file.
func TestALinkInsideTheDirectory(t *testing.T) {
	img := images.One().Build(t)
	dir := written(t, img)[image.OCI]
	at := layerFile(t, dir, image.OCI, img)
	if err := os.Rename(at, filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../elsewhere", at); err != nil {
		t.Fatal(err)
	}
	same(t, opened(t, Options{Path: dir}).Images[0], img, true)
}

func layerFile(t *testing.T, dir string, kind Kind, img v1.Image) string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	h, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	if kind == image.Dir {
		return filepath.Join(dir, h.Hex)
	}
	return filepath.Join(dir, "blobs", "sha256", h.Hex)
}

func TestADirectoryThatIsNone(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "x")
	put(t, file, wellFormed(t).tar(t))
	for o, says := range map[Options]string{
		{Path: dir}:                            "neither index.json",
		{Path: dir, Kind: image.OCI}:           "index.json",
		{Path: dir, Kind: image.DockerArchive}: "it is a directory",
		{Path: file, Kind: image.OCI}:          "it is no directory",
		{Path: file, Kind: image.Dir}:          "it is no directory",
		{Path: file, Platform: "arm"}:          "a platform is written",
		{Path: "-"}:                            "there is no standard input",
	} {
		if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, and is to be said %q", o, err, says)
		}
	}
}
