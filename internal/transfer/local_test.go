package transfer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/testenv"
)

func TestLocalSourcesAreReadWhenTheyChange(t *testing.T) {
	testenv.Unprivileged(t)
	dir := t.TempDir()
	write := map[string]func(i images.Image){
		"oci:" + dir + "/layout:one": func(i images.Image) {
			must(t, os.RemoveAll(dir+"/layout"))
			images.OCI(t, dir+"/layout", "one", i.Build(t))
		},
		"oci-archive:" + dir + "/oci.tar":       func(i images.Image) { images.OCIArchive(t, dir+"/oci.tar", "one", i.Build(t)) },
		"docker-archive:" + dir + "/docker.tar": func(i images.Image) { images.DockerTar(t, dir+"/docker.tar", "one:1", i.Build(t)) },
		"tar:" + dir + "/root.tar": func(i images.Image) {
			must(t, os.WriteFile(dir+"/root.tar", slices.Concat(i.Layers...).Tar(t), 0o644))
		},
	}
	for word, write := range write {
		t.Run(word[:strings.IndexByte(word, ':')], func(t *testing.T) {
			r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{word}}
			write(images.Many(2))
			for n, fetched := range []bool{true, false} {
				a, said, err := ask(t, r)
				if err != nil || len(a.Images) != 1 || a.Images[0].Name != word || a.Images[0].Fetched != fetched || (said != "") != fetched {
					t.Fatalf("time %d: %+v, %v\n%s", n, a, err, said)
				}
			}
			checkStore(t, r, word, map[string]string{"top": "1", "layer/0": "0"})
			time.Sleep(10 * time.Millisecond) // for the clock of the file system
			write(images.Many(3))
			r.Policy = never
			if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "as it is now") {
				t.Errorf("with never: %v", err)
			}
			r.Policy = missing
			if a, said, err := ask(t, r); err != nil || !a.Images[0].Fetched {
				t.Errorf("after a change: %+v, %v\n%s", a, err, said)
			}
			checkStore(t, r, word, map[string]string{"top": "2"})
		})
	}
}

func TestImagesAreSavedAndLoaded(t *testing.T) {
	testenv.Unprivileged(t)
	dir := t.TempDir()
	img := images.Owners().Build(t)
	images.DockerTar(t, dir+"/in.tar", "registry.test/a/b:1", img)
	from := image.Request{Do: "load", Store: newStore(t).Dir, Sources: []string{dir + "/in.tar"}}
	a, said, err := ask(t, from)
	if err != nil || len(a.Images) != 1 || a.Images[0].Name != "registry.test/a/b:1" || a.Images[0].ID != images.ID(t, img) {
		t.Fatalf("%+v, %v\n%s", a, err, said)
	}
	for _, format := range []string{"", "oci-archive", "docker-archive", "oci-dir"} {
		t.Run(format, func(t *testing.T) {
			path := filepath.Join(dir, "out-"+format)
			save := image.Request{Do: "save", Store: from.Store, Sources: []string{"registry.test/a/b:1"}, To: path, Format: format}
			if a, said, err := ask(t, save); err != nil || len(a.Images) != 1 {
				t.Fatalf("%+v, %v\n%s", a, err, said)
			}
			to := image.Request{Do: "load", Store: newStore(t).Dir, Sources: []string{path}}
			a, said, err := ask(t, to)
			if err != nil || len(a.Images) != 1 || a.Images[0].Name != "registry.test/a/b:1" || a.Images[0].ID != images.ID(t, img) {
				t.Fatalf("%+v, %v\n%s", a, err, said)
			}
			checkStore(t, to, "registry.test/a/b:1", map[string]string{"home/file": "mine"})
			checkClean(t, to)
		})
	}
	must(t, os.WriteFile(dir+"/nothing", []byte("nothing"), 0o600))
	from.Sources = []string{dir + "/nothing"}
	if _, _, err := ask(t, from); err == nil || !strings.Contains(err.Error(), dir+"/nothing") {
		t.Errorf("what is no archive: %v", err)
	}
}
