package transfer

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

func TestPolicies(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	old, next := images.Many(1).Build(t), images.Many(2).Build(t)
	word := s.Image(t, "a/b:1", old)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{word}, Retries: 1}
	r.Policy = never
	if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), word+" is not in the store") || len(s.Requests()) > 0 {
		t.Errorf("never: %v", err)
	}
	gets := func() (n int) {
		for _, q := range s.Requests() {
			if q.Method == "GET" && strings.Contains(q.Path, "/manifests/") {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		policy    string
		tag       string // of the registry, from now on
		id        string
		fetched   bool
		manifests int
	}{
		{missing, "old", images.ID(t, old), true, 1},
		{missing, "next", images.ID(t, old), false, 0},
		{newer, "", images.ID(t, next), true, 1},
		{newer, "", images.ID(t, next), false, 0},
		{always, "", images.ID(t, next), false, 0},
		{always, "old", images.ID(t, old), false, 1}, // the blobs are there still
		{never, "next", images.ID(t, old), false, 0},
		{newer, "gone", images.ID(t, old), false, -1},
	} {
		switch c.tag {
		case "old":
			s.Image(t, "a/b:1", old)
		case "next":
			s.Image(t, "a/b:1", next)
		case "gone":
			s.Fail(registry.Rule{Do: registry.Status(http.StatusForbidden, "")})
		}
		s.Forget()
		r.Policy = c.policy
		a, said, err := ask(t, r)
		if err != nil || len(a.Images) != 1 || a.Images[0].ID != c.id || a.Images[0].Fetched != c.fetched || c.manifests >= 0 && gets() != c.manifests {
			t.Errorf("%+v: %+v, %v, %d manifests\n%s", c, a, err, gets(), said)
		}
	}
	r.Policy = always
	if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("always, refused: %v", err)
	}
}

func TestPullByDigestAndAllTags(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	img := images.Many(1).Build(t)
	s.Image(t, "a/b:1", img)
	s.Image(t, "a/b:2", images.Many(2).Build(t))
	s.Image(t, "a/b:latest", img)
	name := s.Host + "/a/b@" + images.Digest(t, img)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{name}}
	a, said, err := ask(t, r)
	if err != nil || a.Images[0].Name != name || string(a.Images[0].Manifest) != images.Digest(t, img) {
		t.Errorf("by digest: %+v, %v\n%s", a, err, said)
	}
	checkStore(t, r, name, map[string]string{"top": "0"})
	r.Sources, r.All = []string{s.Host + "/a/b"}, true
	a, said, err = ask(t, r)
	var names []string
	for _, i := range a.Images {
		names = append(names, i.Name)
	}
	if want := []string{s.Host + "/a/b:1", s.Host + "/a/b:2", s.Host + "/a/b:latest"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("all tags: %q, %v\n%s", names, err, said)
	}
	checkStore(t, r, s.Host+"/a/b:2", map[string]string{"top": "1"})
	// What a hostile one lists: another path of it, another image's digest, codes for the terminal.
	s.Fail(registry.Rule{Path: "/tags/list", Do: registry.Answer("application/json", []byte(`{"tags":["../../c/manifests/1","1@`+images.Digest(t, img)+`","a\u001b[31m","","2"]}`))})
	a, said, err = ask(t, r)
	if err != nil || len(a.Images) != 1 || a.Images[0].Name != s.Host+"/a/b:2" || strings.Count(said, "is no tag") != 4 {
		t.Errorf("tags that are none: %+v, %v\n%s", a, err, said)
	}
	wrong := s.Host + "/a/b@" + digestA
	r.Sources, r.All = []string{wrong}, false
	s.Fail(registry.Rule{Path: digestA, Do: registry.Answer("application/vnd.oci.image.manifest.v1+json", []byte(`{"schemaVersion":2}`))})
	if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), digestA) {
		t.Errorf("a manifest with another digest: %v", err)
	}
}

// A short name stands for what registries.conf says, in its order; the full name is said first.
func TestShortNames(t *testing.T) {
	testenv.Unprivileged(t)
	one, two := registry.New(t), registry.New(t)
	two.Image(t, "short:1", images.Many(1).Build(t))
	conf := `unqualified-search-registries = ["` + one.Host + `", "` + two.Host + `"]` + "\nshort-name-mode = \"disabled\"\n"
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{"short:1"}, Environ: map[string]string{"conf": conf}}
	a, said, err := ask(t, r)
	if err != nil || a.Images[0].Name != two.Host+"/short:1" {
		t.Fatalf("%+v, %v\n%s", a, err, said)
	}
	if !strings.HasPrefix(said, "Pulling "+one.Host+"/short:1 ...\nPulling "+two.Host+"/short:1 ...\n") {
		t.Errorf("it says %s", said)
	}
	two.Forget()
	if a, _, err := ask(t, r); err != nil || a.Images[0].Fetched || len(two.Requests()) > 0 {
		t.Errorf("again: %+v, %v", a, err)
	}
	// Who can break a connection must not choose from where an image comes.
	one.Fail(registry.Rule{Do: registry.Reset(0)})
	r.Policy, r.Retries = always, 1
	if a, said, err := ask(t, r); err == nil || strings.Contains(said, two.Host) {
		t.Errorf("with the first one out of reach: %+v, %v\n%s", a, err, said)
	}
}

func TestAnImageIsPushed(t *testing.T) {
	testenv.Unprivileged(t)
	from, to := registry.New(t), registry.New(t)
	img := images.Many(3).Build(t)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{from.Image(t, "a/b:1", img)}}
	if _, said, err := ask(t, r); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	r.Do, r.To = "push", to.Host+"/c/d:2"
	a, said, err := ask(t, r)
	if err != nil || len(a.Images) != 1 || a.Images[0].Name != r.To || string(a.Images[0].Manifest) != images.Digest(t, img) {
		t.Fatalf("%+v, %v\n%s", a, err, said)
	}
	other := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{r.To}}
	if _, said, err := ask(t, other); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	checkStore(t, other, r.To, map[string]string{"top": "2"})
	r.Sources = []string{"none:1"}
	if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "there is no image none:1") {
		t.Errorf("what is not there: %v", err)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	testenv.Unprivileged(t)
	dir, shut := t.TempDir(), t.TempDir()
	must(t, os.Chmod(shut, 0o500))
	for says, r := range map[string]image.Request{
		`a request to "build"`: {Do: "build"},
		"is a directory":       {Do: "pull", Sources: []string{dir}},
		"no name of an image":  {Do: "pull", Sources: []string{"A/B"}},
		"in no registry":       {Do: "pull", Sources: []string{strings.Repeat("a", 64)}},
		"one image is pushed":  {Do: "push"},
		"no index.json in it":  {Do: "pull", Sources: []string{"oci:" + dir}},
		"no manifest.json in":  {Do: "pull", Sources: []string{"dir:" + dir}},
		"XDG_DATA_HOME names":  {Do: "pull", Sources: []string{"x"}, Store: filepath.Join(shut, "urun")},
	} {
		if r.Store == "" {
			r.Store = newStore(t).Dir
		}
		if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
