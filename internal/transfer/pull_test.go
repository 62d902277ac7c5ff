package transfer

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// mappings runs a test with trees for one id and for the full range.
func mappings(t *testing.T, test func(t *testing.T, r image.Request)) {
	testenv.Mappings(t, func(t *testing.T, flag string) {
		r := image.Request{Do: "pull", Store: newStore(t).Dir}
		if flag == "--userns=single" {
			r.UIDs = []specs.LinuxIDMapping{{HostID: uint32(os.Geteuid()), Size: 1}}
			r.GIDs = []specs.LinuxIDMapping{{HostID: uint32(os.Getegid()), Size: 1}}
		}
		test(t, r)
	})
}

// checkStore fails the test unless an image is there as a whole for the request's ids, and has these files.
func checkStore(t *testing.T, r image.Request, word string, files map[string]string) image.Record {
	t.Helper()
	task := newTask(r, nil, nil, nil)
	_, record, err := task.store.Find(word)
	must(t, err)
	to, err := task.target()
	must(t, err)
	if missing := task.store.Missing(record, to.owners); len(missing) > 0 {
		t.Errorf("the layers %d are missing", missing)
	}
	b := &build{task: task, record: &record, to: to}
	for path, want := range files {
		got, err := b.read(t.Context(), path)
		if err != nil || string(got) != want || (got == nil) != (want == "") {
			t.Errorf("%s is %q, and not %q; %v", path, got, want, err)
		}
	}
	return record
}

func TestAnImageIsPulled(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		for name, c := range map[string]struct {
			image images.Image
			files map[string]string
		}{
			"one":       {images.One(), map[string]string{"etc/passwd": "root:x:0:0::/:/bin/sh\n", "none": ""}},
			"many":      {images.Many(12), map[string]string{"top": "11", "layer/0": "0", "layer/11": "11"}},
			"whiteouts": {images.Whiteouts(), map[string]string{"kept": "kept", "gone": "", "dir/new": "new", "dir/gone": "", "emptied/old": "", "replaced/now": "now", "whole/file": ""}},
			"owners":    {images.Owners(), map[string]string{"home/file": "mine"}},
			"zstd":      {func() images.Image { i := images.Many(3); i.Packed = images.Zstd; return i }(), map[string]string{"top": "2"}},
		} {
			img := c.image.Build(t)
			word := s.Image(t, "test/"+name+":1", img)
			r.Sources = []string{word}
			a, said, err := ask(t, r)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, said)
				continue
			}
			if len(a.Images) != 1 || a.Images[0].Name != word || a.Images[0].ID != images.ID(t, img) || string(a.Images[0].Manifest) != images.Digest(t, img) || !a.Images[0].Fetched {
				t.Errorf("%s: answer %+v", name, a)
			}
			if !strings.HasPrefix(said, "Pulling "+word+" ...\n") || strings.Count(said, "\n") != 1+len(c.image.Layers) {
				t.Errorf("%s: it says %s", name, said)
			}
			record := checkStore(t, r, word, c.files)
			if record.Platform != "linux/"+runtime.GOARCH || record.Flat || len(record.Layers) != len(c.image.Layers) {
				t.Errorf("%s: record %+v", name, record)
			}
			s.Forget()
			if a, said, err := ask(t, r); err != nil || a.Images[0].Fetched || len(s.Requests()) > 0 || said != "" {
				t.Errorf("%s, which is there: %+v, %v, %d requests, said %s", name, a, err, len(s.Requests()), said)
			}
			r.Policy = always
			if a, _, err := ask(t, r); err != nil || a.Images[0].Fetched || s.Count("", "/manifests/") == 0 || s.Count("GET", "/blobs/") > 0 {
				t.Errorf("%s, looked for again: %+v, %v", name, a, err)
			}
			r.Policy = ""
		}
		checkClean(t, r)
	})
}

// checkClean fails the test if anything is in the store that no image needs.
func checkClean(t *testing.T, r image.Request) {
	t.Helper()
	s := image.Store{Dir: r.Store}
	before := inventory(t, s)
	prune(t, r)
	if after := inventory(t, s); !slices.Equal(before, after) {
		t.Errorf("prune found something: before\n%s\nafter\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// prune removes what no image needs.
func prune(t *testing.T, r image.Request) {
	t.Helper()
	task := newTask(r, nil, nil, nil)
	to, err := task.target()
	must(t, err)
	p, err := task.store.Prune(image.PruneOptions{}, func(paths []string) error {
		for _, p := range paths {
			if err := inside.Remove(p, to.choice); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	if p.Busy {
		t.Error("somebody is at work still")
	}
}

// inventory is what the store has, but for locks.
func inventory(t *testing.T, s image.Store) (all []string) {
	t.Helper()
	for _, dir := range []string{"blobs/sha256", "partial", "names", "records", "layers", "tmp"} {
		for _, name := range listing(t, s.Dir+"/images/"+dir) {
			if !strings.HasSuffix(name, ".lock") {
				all = append(all, dir+"/"+name)
			}
		}
	}
	return all
}
