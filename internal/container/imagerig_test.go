package container

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/test/testenv"
)

// layered is the record of an image with so many layers, none of which was ever packed.
func layered(layers int) image.Record {
	digest := func(i int) image.Digest { return image.Digest(fmt.Sprintf("sha256:%032x%032x", i, i)) }
	r := image.Record{Manifest: digest(layers + 1), ID: digest(layers + 2).Hex(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for i := range layers {
		d := digest(i)
		r.Layers = append(r.Layers, image.Layer{Blob: d, DiffID: d, Chain: d})
	}
	return r
}

// aConfig is what the images of the tests say of their containers.
func aConfig() *ocispec.ImageConfig {
	return &ocispec.ImageConfig{Env: []string{"FROM=image"}, Cmd: []string{"/bin/true"}, WorkingDir: "/made/here", Volumes: []string{"/data", "/new/data"}}
}

// fakeStore makes a store with such an image in it, for whom 0 inside is the caller: a busybox, and files above it.
func (r *rig) fakeStore(t *testing.T) {
	t.Helper()
	s := r.store()
	if err := s.Make(); err != nil {
		t.Fatal(err)
	}
	record := layered(r.layers)
	if err := s.Save(record, []byte("root:x:0:0::/root:/bin/sh\napp:x:7:7::/app:/bin/sh\n"), []byte("app:x:7:\n")); err != nil {
		t.Fatal(err)
	}
	for i, key := range record.Trees(ownersOfCaller()) {
		dir := s.Tree(key)
		if i == 0 {
			if err := testenv.Busybox(dir, ""); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "data", "layer"+strconv.Itoa(i)), []byte(strconv.Itoa(i)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ownersOfCaller are those for whom 0 inside is the caller.
func ownersOfCaller() image.Owners {
	self := func(id int) []specs.LinuxIDMapping {
		return []specs.LinuxIDMapping{{HostID: uint32(id), Size: 1}}
	}
	return image.OwnersOf(self(os.Getuid()), self(os.Getgid()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) store() image.Store { return image.Store{Dir: r.dir + "/data"} }

// image is the image that a container of the rig starts from. What is missing of it is made by linking what there is,
// and a copy by copying that.
func (r *rig) image(o *Options) *Image {
	record := layered(r.layers)
	copied := func(into string, _, _ []specs.LinuxIDMapping) error {
		r.copied++
		for _, key := range record.Trees(ownersOfCaller()) {
			if out, err := exec.Command("cp", "-a", o.Store.Tree(key)+"/.", into+"/root").CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
		}
		return nil
	}
	return &Image{Name: "localhost/layered:" + strconv.Itoa(r.layers), Record: record, Copy: copied, Unpack: func(uids, gids []specs.LinuxIDMapping) error {
		r.unpacked++
		have := record.Trees(ownersOfCaller())
		for i, key := range record.Trees(image.OwnersOf(uids, gids)) {
			if err := os.Symlink(have[i], o.Store.Tree(key)); err != nil {
				return err
			}
		}
		return nil
	}}
}
