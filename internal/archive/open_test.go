package archive

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

func TestEveryKindIsRead(t *testing.T) {
	for name, i := range map[string]images.Image{"one": images.One(), "many": images.Many(12), "configured": images.Configured(), "whiteouts": images.Whiteouts()} {
		img := i.Build(t)
		for kind, path := range written(t, img) {
			for _, said := range []Kind{kind, ""} {
				t.Run(name+" "+string(kind)+" said "+string(said), func(t *testing.T) {
					a := opened(t, Options{Path: path, Kind: said})
					if a.Kind != kind || len(a.Images) != 1 {
						t.Fatalf("it is %q with %d images", a.Kind, len(a.Images))
					}
					same(t, a.Images[0], img, kind != image.DockerArchive)
				})
			}
		}
	}
}

func TestLayersOfAnyCompressionAreRead(t *testing.T) {
	for _, p := range []images.Packed{images.Zstd, images.Plain} {
		img := images.Image{Layers: images.Many(2).Layers, Packed: p}.Build(t)
		for kind, path := range written(t, img) {
			t.Run(string(p)+" "+string(kind), func(t *testing.T) {
				same(t, opened(t, Options{Path: path, Kind: kind}).Images[0], img, kind != image.DockerArchive)
			})
		}
	}
}

func packXz(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// docker save | gzip is what many do.
func TestCompressedArchivesAreRead(t *testing.T) {
	img := images.Many(3).Build(t)
	all := written(t, img)
	for _, kind := range []Kind{image.OCIArchive, image.DockerArchive} {
		raw := get(t, all[kind])
		for name, b := range map[string][]byte{"gzip": images.Pack(t, raw, images.Gzip), "zstd": images.Pack(t, raw, images.Zstd), "xz": packXz(t, raw)} {
			path := filepath.Join(t.TempDir(), "x")
			put(t, path, b)
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				a := opened(t, Options{Path: path})
				if a.Kind != kind {
					t.Errorf("it is %q", a.Kind)
				}
				same(t, a.Images[0], img, kind == image.OCIArchive)
			})
			t.Run(string(kind)+" "+name+" from a pipe", func(t *testing.T) {
				a := opened(t, Options{Path: "-", Stdin: iotest{bytes.NewReader(b)}})
				same(t, a.Images[0], img, kind == image.OCIArchive)
			})
		}
	}
}

// iotest hides that it can seek.
type iotest struct{ io.Reader }

func TestARootFilesystemBecomesAnImage(t *testing.T) {
	raw := images.One().Layers[0].Tar(t)
	var ids []image.Digest
	for name, b := range map[string][]byte{"plain": raw, "gzip": images.Pack(t, raw, images.Gzip), "zstd": images.Pack(t, raw, images.Zstd), "xz": packXz(t, raw)} {
		path := filepath.Join(t.TempDir(), "rootfs")
		put(t, path, b)
		for _, said := range []Kind{image.Tar, ""} {
			t.Run(name+" said "+string(said), func(t *testing.T) {
				a := opened(t, Options{Path: path, Kind: said})
				if a.Kind != image.Tar || len(a.Images) != 1 {
					t.Fatalf("it is %q with %d images", a.Kind, len(a.Images))
				}
				c := contentOf(t, a.Images[0])
				ids = append(ids, c.id)
				if len(c.diffIDs) != 1 || c.diffIDs[0] != digestOf(raw) || len(c.names) != 0 {
					t.Errorf("%+v", c)
				}
				again := contentOf(t, opened(t, Options{Path: "-", Kind: said, Stdin: iotest{bytes.NewReader(b)}}).Images[0])
				if again.manifest != c.manifest {
					t.Errorf("from standard input it is %s, and from a file %s", again.manifest, c.manifest)
				}
			})
		}
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("the same files have the ids %v", ids)
	}
	path := filepath.Join(t.TempDir(), "rootfs.tar")
	put(t, path, raw)
	want := `{"architecture":"riscv64","config":{},"os":"linux","rootfs":{"diff_ids":["` + string(digestOf(raw)) + `"],"type":"layers"}}`
	a := opened(t, Options{Path: path, Platform: "linux/riscv64"})
	var d document
	parse(t, a.Images[0].manifest, &d)
	var c map[string]any
	parse(t, blobOf(t, a.Images[0], *d.Config), &c)
	if got := marshal(t, c); got != want {
		t.Errorf("the configuration is\n%s\nand is to be\n%s", got, want)
	}
}

// What ofRootfs looks for may come late, or not at all.
func TestARootFilesystemWithoutKnownNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rootfs.tar")
	put(t, path, images.Pack(t, images.Layer{images.File("hello", "x")}.Tar(t), images.Gzip))
	if a := opened(t, Options{Path: path}); a.Kind != image.Tar {
		t.Errorf("it is %q", a.Kind)
	}
	put(t, path, images.Pack(t, images.Layer{images.File("manifest.json", "[]"), images.Dir("usr")}.Tar(t), images.Gzip))
	if a := opened(t, Options{Path: path}); a.Kind != image.Tar {
		t.Errorf("with a file manifest.json in it, it is %q", a.Kind)
	}
}

// Names are as podman load gives them (compared with podman in tools_test.go).
func TestNames(t *testing.T) {
	img := images.One().Build(t)
	for ref, want := range map[string][]string{
		"": nil, "latest": {"localhost/latest:latest"}, "3.20": {"localhost/3.20:latest"}, "alpine:3.20": {"localhost/alpine:3.20"},
		"docker.io/library/alpine:3.20": {"docker.io/library/alpine:3.20"}, "example.org/x": {"example.org/x:latest"}, "a/b:1": {"localhost/a/b:1"}, "no + name": nil,
	} {
		dir := filepath.Join(t.TempDir(), "oci")
		images.OCI(t, dir, ref, img)
		if got := opened(t, Options{Path: dir}).Images[0].Names(); !slices.Equal(got, want) {
			t.Errorf("%q becomes %q and not %q", ref, got, want)
		}
	}
	for tag, want := range map[string]string{"alpine:3.20": "docker.io/library/alpine:3.20", "a/b:1": "docker.io/a/b:1", "localhost/x:1": "localhost/x:1"} {
		path := filepath.Join(t.TempDir(), "x")
		images.DockerTar(t, path, tag, img)
		if got := opened(t, Options{Path: path}).Images[0].Names(); !slices.Equal(got, []string{want}) {
			t.Errorf("of docker's %q becomes %q and not %q", tag, got, want)
		}
	}
}

func TestSeveralImagesInOneLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oci")
	one, two := images.One().Build(t), images.Many(2).Build(t)
	images.OCI(t, dir, "a", one)
	images.OCI(t, dir, "b", two)
	images.OCI(t, dir, "c", one)
	images.OCI(t, dir, "", images.Many(3).Build(t))
	a := opened(t, Options{Path: dir})
	var names []string
	for _, i := range a.Images {
		names = append(names, strings.Join(i.Names(), " "))
	}
	if !slices.Equal(names, []string{"localhost/a:latest localhost/c:latest", "localhost/b:latest", ""}) {
		t.Errorf("the names are %q", names)
	}
	for ref, want := range map[string]string{"b": images.Digest(t, two), "c": images.Digest(t, one), "@1": images.Digest(t, two), "localhost/b:latest": images.Digest(t, two), images.Digest(t, one): images.Digest(t, one)} {
		a := opened(t, Options{Path: dir, Ref: ref, Kind: image.OCI})
		if c := contentOf(t, a.Images[0]); len(a.Images) != 1 && ref == "b" || string(c.manifest) != want {
			t.Errorf("%s is %s and not %s", ref, c.manifest, want)
		}
	}
	_, err := Open(context.Background(), Options{Path: dir, Ref: "d"})
	if err == nil || !strings.Contains(err.Error(), `there is no image "d" in it: there are "a", "b", "c", @3`) {
		t.Error(err)
	}
}

func TestThePlatformIsChosen(t *testing.T) {
	arm := func(p string) images.Image { return images.Image{Platform: p, Layers: images.Many(1).Layers} }
	dir, nested := filepath.Join(t.TempDir(), "oci"), filepath.Join(t.TempDir(), "nested")
	index := images.Index(t, arm("linux/arm/v6"), arm("linux/arm/v7"), arm("linux/arm64/v8"), arm("linux/amd64"), arm("windows/amd64"))
	images.OCIIndex(t, dir, "1", index)
	images.OCIIndex(t, nested, "1", images.Nest(t, index))
	for _, path := range []string{dir, nested} {
		for wanted, want := range map[string]string{"linux/arm": "linux/arm/v7", "linux/arm/v6": "linux/arm/v6", "linux/arm/v8": "linux/arm/v7", "linux/arm64": "linux/arm64/v8", "linux/amd64": "linux/amd64", "linux/amd64/v3": "linux/amd64"} {
			a := opened(t, Options{Path: path, Platform: wanted})
			if got := string(contentOf(t, a.Images[0]).manifest); len(a.Images) != 1 || got != images.Digest(t, arm(want).Build(t)) {
				t.Errorf("for %s there is %s, and not that of %s", wanted, got, want)
			}
		}
	}
	_, err := Open(context.Background(), Options{Path: dir, Platform: "linux/s390x"})
	if err == nil || !strings.Contains(err.Error(), "linux/s390x is wanted, there are linux/arm/v6, linux/arm/v7, linux/arm64/v8, linux/amd64") {
		t.Error(err)
	}
}

// A pull that was broken off goes on where it was.
func TestABlobIsReadFromAnOffsetOn(t *testing.T) {
	img := images.Many(1).Build(t)
	for kind, path := range written(t, img) {
		i := opened(t, Options{Path: path}).Images[0]
		var d document
		parse(t, i.manifest, &d)
		l := d.Layers[0]
		all := blobOf(t, i, l)
		r, err := i.Blob(context.Background(), image.Digest(l.Digest), l.Size, 10)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(rest, all[10:]) || r.Close() != nil {
			t.Errorf("%s: %v: %d bytes of %d", kind, err, len(rest), len(all))
		}
	}
}

func TestAnEndOfTheContextEndsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := filepath.Join(t.TempDir(), "x")
	put(t, path, images.Pack(t, images.One().Layers[0].Tar(t), images.Gzip))
	if _, err := Open(ctx, Options{Path: path, Tmp: t.TempDir()}); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Error(err)
	}
	if _, err := Open(context.Background(), Options{Path: filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestADockerArchiveIsAskedForANameThatIsShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	images.DockerTar(t, path, "localhost/mine:latest", images.One().Build(t))
	for _, ref := range []string{"mine", "mine:latest", "localhost/mine", "@0"} {
		if a := opened(t, Options{Path: path, Kind: image.DockerArchive, Ref: ref}); len(a.Images) != 1 {
			t.Errorf("%q: %d images", ref, len(a.Images))
		}
	}
	for _, ref := range []string{"yours", "mine:1", "docker.io/mine", "@1"} {
		_, err := Open(context.Background(), Options{Path: path, Kind: image.DockerArchive, Ref: ref})
		if err == nil || !strings.Contains(err.Error(), `in it: there are "localhost/mine:latest"`) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func TestAnArchiveOfAnotherKindIsSaid(t *testing.T) {
	paths := written(t, images.One().Build(t))
	rootfs := filepath.Join(t.TempDir(), "rootfs.tar")
	put(t, rootfs, images.Pack(t, images.One().Layers[0].Tar(t), images.Gzip))
	for _, c := range []struct {
		path string
		said image.Kind
		says string
	}{
		{paths[image.OCIArchive], image.Tar, "write oci-archive:FILE"},
		{paths[image.DockerArchive], image.Tar, "write docker-archive:FILE"},
		{paths[image.DockerArchive], image.OCIArchive, "write docker-archive:FILE"},
		{paths[image.OCIArchive], image.DockerArchive, "write oci-archive:FILE"},
		{rootfs, image.OCIArchive, "written tar:FILE"},
		{rootfs, image.DockerArchive, "written tar:FILE"},
	} {
		if _, err := Open(context.Background(), Options{Path: c.path, Kind: c.said}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s as %s: %v", c.path, c.said, err)
		}
	}
	// A file of that name makes no archive of images.
	put(t, rootfs, images.Layer{images.File("manifest.json", "[]")}.Tar(t))
	if a := opened(t, Options{Path: rootfs, Kind: image.Tar}); a.Kind != image.Tar {
		t.Errorf("it is %q", a.Kind)
	}
}
