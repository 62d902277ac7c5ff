package archive

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/testenv"
)

// tools run other programs in a home of their own.
type tools struct {
	*testing.T
	dir string
}

func newTools(t *testing.T, need ...string) tools {
	testenv.Need(t, need...)
	if slices.Contains(need, "podman") || slices.Contains(need, "buildah") {
		testenv.Unprivileged(t) // their stores are removed in the caller's id map
	}
	dir, err := os.MkdirTemp("", "x") // podman wants a short path
	if err != nil {
		t.Fatal(err)
	}
	x := tools{t, dir}
	t.Cleanup(x.remove)
	for _, d := range []string{"home", "run", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// remove removes what may belong to the caller's subordinate ids, and ends the process that podman leaves to keep its namespace.
func (x tools) remove() {
	if _, err := os.Stat(x.at("store")); err == nil {
		x.run("podman", x.stored("unshare", "rm", "-rf", x.at("store"))...)
		x.run("podman", x.stored("system", "migrate")...)
	}
	if err := os.RemoveAll(x.dir); err != nil {
		x.Error(err)
	}
}

func (x tools) at(name string) string { return filepath.Join(x.dir, name) }

func (x tools) run(name string, args ...string) string {
	x.T.Helper()
	c := exec.Command(name, args...)
	c.Dir = x.dir
	c.Env = append(os.Environ(), "HOME="+x.at("home"), "XDG_RUNTIME_DIR="+x.at("run"), "TMPDIR="+x.at("tmp"))
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		x.Fatalf("%v: %v\n%s%s", c.Args, err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// stored is what podman and buildah need for a store of their own.
func (x tools) stored(args ...string) []string {
	return append([]string{"--root", x.at("store"), "--runroot", x.at("runroot"), "--storage-driver", "vfs"}, args...)
}

func TestWhatSkopeoWritesIsRead(t *testing.T) {
	x := newTools(t, "skopeo")
	for name, i := range map[string]images.Image{"many": images.Many(3), "configured": images.Configured()} {
		img := i.Build(t)
		images.OCI(t, x.at("from-"+name), "", img) // without a tag: skopeo does not find docker's manifests by one
		for kind, to := range map[Kind]string{image.OCI: "oci:" + x.at(name+".oci") + ":1", image.OCIArchive: "oci-archive:" + x.at(name+".oci.tar") + ":1", image.DockerArchive: "docker-archive:" + x.at(name+".docker") + ":x:1", image.Dir: "dir:" + x.at(name+".dir")} {
			if i.Docker && (kind == image.OCI || kind == image.OCIArchive) {
				continue // skopeo makes another image of it
			}
			x.run("skopeo", "copy", "-q", "oci:"+x.at("from-"+name), to)
			path := strings.Split(to, ":")[1]
			t.Run(name+" "+string(kind), func(t *testing.T) {
				a := opened(t, Options{Path: path})
				if a.Kind != kind {
					t.Errorf("it is %q", a.Kind)
				}
				same(t, a.Images[0], img, kind == image.Dir)
			})
		}
	}
}

func TestAllPlatformsThatSkopeoWritesAreRead(t *testing.T) {
	x := newTools(t, "skopeo")
	arm := images.Image{Platform: "linux/arm64", Layers: images.Many(1).Layers}
	images.OCIIndex(t, x.at("from"), "1", images.Index(t, images.One(), arm))
	x.run("skopeo", "copy", "-q", "--all", "oci:"+x.at("from")+":1", "dir:"+x.at("dir"))
	x.run("skopeo", "copy", "-q", "--all", "oci:"+x.at("from")+":1", "oci-archive:"+x.at("tar"))
	for _, path := range []string{x.at("dir"), x.at("tar")} {
		same(t, opened(t, Options{Path: path, Platform: "linux/arm64"}).Images[0], arm.Build(t), true)
	}
}

func TestWhatUmociWritesIsRead(t *testing.T) {
	x := newTools(t, "umoci", "skopeo")
	x.run("umoci", "init", "--layout", x.at("oci"))
	x.run("umoci", "new", "--image", x.at("oci")+":1")
	put(t, x.at("file"), []byte("text"))
	x.run("umoci", "insert", "--rootless", "--image", x.at("oci")+":1", x.at("file"), "/file")
	x.run("umoci", "config", "--image", x.at("oci")+":1", "--config.cmd", "/bin/true")
	a := opened(t, Options{Path: x.at("oci"), Kind: image.OCI, Ref: "1"})
	c := contentOf(t, a.Images[0])
	if want := x.run("skopeo", "inspect", "--format", "{{.Digest}}", "oci:"+x.at("oci")+":1"); string(c.manifest) != want || len(c.diffIDs) != 1 {
		t.Errorf("it is %s with %d layers, and skopeo says %s", c.manifest, len(c.diffIDs), want)
	}
}

func TestWhatBuildahWritesIsRead(t *testing.T) {
	x := newTools(t, "buildah", "podman")
	put(t, x.at("context/Containerfile"), []byte("FROM scratch\nCOPY file /file\nENV A=b\nCMD [\"/file\"]\n"))
	put(t, x.at("context/file"), []byte("text"))
	id := strings.TrimPrefix(lastLine(x.run("buildah", x.stored("build", "-q", "--isolation", "chroot", "-t", "built:1", x.at("context"))...)), "sha256:")
	for _, to := range []string{"oci-archive", "docker-archive", "oci", "dir"} {
		x.run("buildah", x.stored("push", "-q", "built:1", to+":"+x.at(to))...)
		c := contentOf(t, opened(t, Options{Path: x.at(to)}).Images[0])
		if c.id.Hex() != id && to != "docker-archive" || len(c.diffIDs) == 0 { // into docker's format it translates the configuration
			t.Errorf("%s: it is %s, and buildah says %s", to, c.id.Hex(), id)
		}
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

// What is saved is the same image for others.
func TestOthersReadWhatIsSaved(t *testing.T) {
	x := newTools(t, "skopeo", "podman")
	for name, i := range map[string]images.Image{
		"many": images.Many(3), "configured": images.Configured(), "plain": {Layers: images.Many(2).Layers, Packed: images.Plain}, "zstd": {Layers: images.Many(2).Layers, Packed: images.Zstd},
	} {
		img := i.Build(t)
		for _, format := range []string{formatOCI, formatDocker, formatDir} {
			t.Run(name+" "+format, func(t *testing.T) {
				x := tools{t, x.dir}
				path := x.at(name + format)
				if err := SaveTo(context.Background(), path, format, []Named{{img, []string{"localhost/" + name + ":1"}}}); err != nil {
					t.Fatal(err)
				}
				word := map[string]string{formatOCI: "oci-archive", formatDocker: "docker-archive", formatDir: "oci"}[format] + ":" + path
				if digest := x.run("skopeo", "inspect", "--format", "{{.Digest}}", word); format != formatDocker && digest != images.Digest(t, img) {
					t.Errorf("skopeo says %s, and it is %s", digest, images.Digest(t, img))
				}
				said := x.run("podman", x.stored("load", "-q", "-i", path)...)
				loaded := strings.TrimPrefix(said, "Loaded image: ") // of a directory podman takes the path for its name
				if id := x.run("podman", x.stored("inspect", "--type=image", "--format", "{{.Id}}", loaded)...); id != images.ID(t, img) {
					t.Errorf("podman says %s, and it is %s", id, images.ID(t, img))
				}
				if want := "localhost/" + name + ":1"; format != formatDir && loaded != want {
					t.Errorf("podman calls it %s, and it is %s", loaded, want)
				}
				x.run("podman", x.stored("rmi", loaded)...)
			})
		}
	}
}

func TestUmociUnpacksWhatIsSaved(t *testing.T) {
	x := newTools(t, "umoci")
	if err := SaveTo(context.Background(), x.at("oci"), formatDir, []Named{{images.Many(3).Build(t), []string{"localhost/x:1"}}}); err != nil {
		t.Fatal(err)
	}
	// umoci takes no slash in a tag.
	index := strings.ReplaceAll(string(get(t, x.at("oci/index.json"))), `"localhost/x:1"`, `"1"`)
	put(t, x.at("oci/index.json"), []byte(index))
	x.run("umoci", "unpack", "--rootless", "--image", x.at("oci")+":1", x.at("bundle"))
	if top := string(get(t, x.at("bundle/rootfs/top"))); top != "2" {
		t.Errorf("the file of the highest layer is %q", top)
	}
}

// A root filesystem becomes an image that others take, when it is saved.
func TestOthersReadARootFilesystem(t *testing.T) {
	x := newTools(t, "podman")
	put(t, x.at("rootfs.tar.xz"), packXz(t, images.One().Layers[0].Tar(t)))
	i := opened(t, Options{Path: x.at("rootfs.tar.xz"), Tmp: x.at("tmp")}).Images[0]
	c := contentOf(t, i)
	var d document
	parse(t, i.manifest, &d)
	for _, b := range append(d.Layers, *d.Config) {
		put(t, x.at("oci/blobs/sha256/"+strings.TrimPrefix(b.Digest, "sha256:")), blobOf(t, i, b))
	}
	put(t, x.at("oci/blobs/sha256/"+c.manifest.Hex()), i.manifest)
	put(t, x.at("oci/oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`))
	put(t, x.at("oci/index.json"), []byte(marshal(t, document{SchemaVersion: 2, Manifests: []descriptor{{MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: string(c.manifest), Size: int64(len(i.manifest))}}})))
	x.run("podman", x.stored("load", "-q", "-i", x.at("oci"))...)
	if said := x.run("podman", x.stored("images", "-q", "--no-trunc")...); said != string(c.id) {
		t.Errorf("it is %s, and podman says %s", c.id, said)
	}
}

// As TestNames has them.
func TestNamesArePodmans(t *testing.T) {
	x := newTools(t, "podman")
	img := images.One().Build(t)
	for n, ref := range []string{"latest", "3.20", "alpine:3.20", "docker.io/library/alpine:3.20", "example.org/x", "a/b:1"} {
		path := x.at("oci" + string(rune('0'+n)))
		images.OCI(t, path, ref, img)
		images.Archive(t, path+".tar", path)
		names := opened(t, Options{Path: path + ".tar"}).Images[0].Names()
		if said := x.run("podman", x.stored("load", "-q", "-i", path+".tar")...); !slices.Equal(names, []string{strings.TrimPrefix(said, "Loaded image: ")}) {
			t.Errorf("%q is called %q, and podman says %s", ref, names, said)
		}
	}
}
