package transfer

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// big is an image whose one layer is larger than what a connection may have on its way.
func big() images.Image {
	i := images.Image{Packed: images.Plain, Layers: []images.Layer{{images.File("big", strings.Repeat("0123456789abcdef", 1<<16))}}}
	return i
}

func TestFaultsOfARegistry(t *testing.T) {
	testenv.Unprivileged(t)
	img := big().Build(t)
	raw, err := img.RawManifest()
	must(t, err)
	m, err := parseManifest(raw)
	must(t, err)
	layer := "/blobs/" + string(m.layers[0].Digest)
	const half = 1 << 19
	for what, c := range map[string]struct {
		rules    []registry.Rule
		says     []string // of the error; none: there is none
		requests int      // for the layer
		ranges   []string // of these
	}{
		"cut off":              {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Truncate(half)}}, nil, 2, []string{"", "bytes=524288-"}},
		"reset":                {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Reset(half)}}, nil, 2, nil},
		"cut off, no ranges":   {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Truncate(half)}, {Path: layer, Do: registry.NoRange()}}, nil, 3, []string{"", "bytes=524288-", ""}},
		"busy":                 {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Status(503, "")}}, nil, 2, nil},
		"too many":             {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Status(429, "1")}}, nil, 2, nil},
		"changed once":         {[]registry.Rule{{Path: layer, Times: 1, Do: registry.Corrupt()}}, nil, 2, []string{"", ""}},
		"changed":              {[]registry.Rule{{Path: layer, Do: registry.Corrupt()}}, []string{string(m.layers[0].Digest), "has the digest sha256:", "dropped"}, 2, nil},
		"longer":               {[]registry.Rule{{Path: layer, Do: registry.Lengthen(1)}}, []string{string(m.layers[0].Digest)}, 1, nil},
		"gone":                 {[]registry.Rule{{Path: layer, Do: registry.Status(404, "")}}, []string{string(m.layers[0].Digest)}, 1, nil},
		"denied":               {[]registry.Rule{{Path: layer, Do: registry.Status(403, "")}}, []string{string(m.layers[0].Digest)}, 1, nil},
		"config changed":       {[]registry.Rule{{Path: "/blobs/" + string(m.config.Digest), Do: registry.Corrupt()}}, []string{string(m.config.Digest), "has the digest sha256:"}, 0, nil},
		"manifest is none":     {[]registry.Rule{{Path: "/manifests/", Do: registry.Answer("application/vnd.oci.image.manifest.v1+json", []byte("<html>"))}}, []string{"manifest"}, 0, nil},
		"no such image":        {[]registry.Rule{{Path: "/manifests/", Do: registry.Status(404, "")}}, []string{"404 Not Found"}, 0, nil},
		"busy all of the time": {[]registry.Rule{{Path: "/blobs/", Do: registry.Status(500, "")}}, []string{"500"}, 0, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := registry.New(t)
			word := s.Image(t, "a/b:1", img)
			for _, r := range c.rules {
				s.Fail(r)
			}
			r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{word}, Retries: 2}
			a, said, err := ask(t, r)
			if n := s.Count("GET", layer); n != c.requests {
				t.Errorf("%d requests for the layer, and not %d", n, c.requests)
			}
			var ranges []string
			for _, q := range s.Requests() {
				if strings.HasSuffix(q.Path, layer) && q.Method == "GET" {
					ranges = append(ranges, q.Range)
				}
			}
			for i, want := range c.ranges {
				if i < len(ranges) && !strings.HasPrefix(ranges[i], want) {
					t.Errorf("request %d asks for %q, and not %q", i, ranges[i], want)
				}
			}
			if c.says == nil {
				if err != nil {
					t.Errorf("%+v, %v\n%s", a, err, said)
				}
				checkStore(t, r, word, nil)
				checkClean(t, r)
				return
			}
			t.Log(err)
			for _, says := range append(c.says, word) {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("%v does not say %s", err, says)
				}
			}
			left := inventory(t, image.Store{Dir: r.Store})
			if slices.ContainsFunc(left, func(s string) bool { return !strings.HasPrefix(s, "blobs/") && !strings.HasPrefix(s, "partial/") }) {
				t.Errorf("left: %v", left)
			}
			s.Heal()
			if _, _, err := ask(t, r); err != nil {
				t.Errorf("when all is well again: %v", err)
			}
			checkClean(t, r)
		})
	}
}

// A configuration says what is in the layers; one with other things in it must never be found by what it says.
func TestALayerWithOtherThingsInItIsRefused(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		img := images.Many(2).Build(t)
		config, err := img.RawConfigFile()
		must(t, err)
		good, err := img.ConfigFile()
		must(t, err)
		raw, err := img.RawManifest()
		must(t, err)
		s := registry.New(t)
		s.Image(t, "a/b:good", img)
		lie := strings.Repeat("0", 64)
		config = []byte(strings.Replace(string(config), good.RootFS.DiffIDs[1].Hex, lie, 1))
		var m map[string]any
		must(t, json.Unmarshal(raw, &m))
		m["config"].(map[string]any)["digest"] = s.Blob(t, "a/b", config)
		m["config"].(map[string]any)["size"] = len(config)
		raw, err = json.Marshal(m)
		must(t, err)
		s.Manifest(t, "a/b", "bad", m["mediaType"].(string), raw)
		r.Sources = []string{s.Host + "/a/b:bad"}
		_, _, err = ask(t, r)
		for _, says := range []string{s.Host + "/a/b:bad", "layer 2", "sha256:" + lie, good.RootFS.DiffIDs[1].String()} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v does not say %s", err, says)
			}
		}
		left := listing(t, r.Store+"/images/layers")
		if len(left) > 1 {
			t.Errorf("in layers/ are %v", left)
		}
		if left := listing(t, r.Store+"/images/records"); len(left) > 0 {
			t.Errorf("there are records: %v", left)
		}
		prune(t, r)
		if left := inventory(t, image.Store{Dir: r.Store}); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
