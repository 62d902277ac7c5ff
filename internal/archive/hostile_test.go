package archive

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/images"
)

// parts are the texts of an OCI layout of one image. In them LAYER, CONFIG and MANIFEST stand for digests, and NLAYER, NCONFIG
// and NMANIFEST for sizes.
type parts struct {
	layer, config, manifest, index string
	more                           images.Layer // behind the rest
	change                         func(images.Layer) images.Layer
	bytes                          func([]byte) []byte
}

func wellFormed(t testing.TB) parts {
	return parts{
		layer:    string(images.One().Layers[0].Tar(t)),
		config:   `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["LAYER"]}}`,
		manifest: `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG","size":NCONFIG},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"LAYER","size":NLAYER}]}`,
		index:    `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"MANIFEST","size":NMANIFEST}]}`,
	}
}

func blob(body string) images.Entry {
	return images.File("blobs/sha256/"+digestOf([]byte(body)).Hex(), body)
}

func (p parts) tar(t testing.TB) []byte {
	var known []string
	fill := func(s string) string { return strings.NewReplacer(known...).Replace(s) }
	learn := func(name, body string) {
		known = append(known, "N"+name, fmt.Sprint(len(body)), name, string(digestOf([]byte(body))))
	}
	learn("LAYER", p.layer)
	p.config = fill(p.config)
	learn("CONFIG", p.config)
	p.manifest = fill(p.manifest)
	learn("MANIFEST", p.manifest)
	all := append(images.Layer{images.File("oci-layout", `{"imageLayoutVersion":"1.0.0"}`), images.File("index.json", fill(p.index)), blob(p.layer), blob(p.config), blob(p.manifest)}, p.more...)
	if p.change != nil {
		all = p.change(all)
	}
	raw := all.Tar(t)
	if p.bytes != nil {
		raw = p.bytes(raw)
	}
	return raw
}

// edit replaces in one of the texts.
func edit(of func(*parts) *string, old, new string) func(testing.TB, *parts) {
	return func(t testing.TB, p *parts) {
		s := of(p)
		if !strings.Contains(*s, old) {
			t.Fatalf("there is no %q in %q", old, *s)
		}
		*s = strings.ReplaceAll(*s, old, new)
	}
}

func theConfig(p *parts) *string   { return &p.config }
func theManifest(p *parts) *string { return &p.manifest }
func theIndex(p *parts) *string    { return &p.index }

const (
	layerOf   = `{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"LAYER","size":NLAYER}`
	zeros     = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	entryOf   = `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"MANIFEST","size":NMANIFEST}`
	layerType = "application/vnd.oci.image.layer.v1.tar"
)

var hostileLayouts = map[string]struct {
	edit func(testing.TB, *parts)
	says string
}{
	"layer digest is a path":          {edit(theManifest, `"digest":"LAYER"`, `"digest":"sha256:../../../../../../etc/passwd"`), "64 hexadecimal digits"},
	"config digest is a path":         {edit(theManifest, "CONFIG\"", `../../etc/passwd"`), "64 hexadecimal digits"},
	"manifest digest is a path":       {edit(theIndex, `"MANIFEST"`, `"sha256:/etc/passwd"`), "64 hexadecimal digits"},
	"digest in upper case":            {edit(theManifest, `"digest":"LAYER"`, `"digest":"sha256:`+strings.Repeat("A", 64)+`"`), "lower case"},
	"digest of another algorithm":     {edit(theManifest, `"digest":"LAYER"`, `"digest":"sha512:`+strings.Repeat("a", 128)+`"`), "64 hexadecimal digits"},
	"empty digest":                    {edit(theManifest, `"digest":"LAYER"`, `"digest":""`), "64 hexadecimal digits"},
	"digest of nothing":               {edit(theManifest, `"digest":"LAYER"`, `"digest":"`+zeros+`"`), "is missing"},
	"size too large":                  {edit(theManifest, "NLAYER", "9223372036854775807"), "its manifest says 9223372036854775807"},
	"size below zero":                 {edit(theManifest, "NLAYER", "-1"), "its manifest says -1"},
	"size no integer":                 {edit(theManifest, "NLAYER", "1e400"), "no JSON of a manifest"},
	"config size wrong":               {edit(theManifest, "NCONFIG", "5"), "its manifest says 5"},
	"manifest size wrong":             {edit(theIndex, "NMANIFEST", "0"), "its manifest says 0"},
	"config no JSON":                  {edit(theConfig, "{", "<"), "no JSON of a configuration"},
	"config without layers":           {edit(theConfig, `"LAYER"`, ``), "it is of 0 layers, and the manifest has 1"},
	"config with a path for a diffID": {edit(theConfig, `"LAYER"`, `"../x"`), "64 hexadecimal digits"},
	"config is the layer":             {edit(theManifest, `"digest":"CONFIG","size":NCONFIG`, `"digest":"LAYER","size":NLAYER`), "no JSON of a configuration"},
	"more layers than diffIDs":        {edit(theManifest, layerOf, layerOf+","+layerOf), "it is of 1 layers, and the manifest has 2"},
	"layer of a wrong type":           {edit(theManifest, layerType, "text/plain"), `"text/plain" is no type of a layer`},
	"layer without a type":            {edit(theManifest, layerType, ""), `"" is no type of a layer`},
	"config of a wrong type":          {edit(theManifest, "application/vnd.oci.image.config.v1+json", "application/vnd.cncf.helm.config.v1+json"), "no image: its configuration is"},
	"manifest no JSON":                {edit(theManifest, "{", ""), "no JSON of a manifest"},
	"manifest null":                   {func(_ testing.TB, p *parts) { p.manifest = "null" }, "schema version 0"},
	"manifest of schema 1":            {edit(theManifest, `"schemaVersion":2`, `"schemaVersion":1`), "schema version 1"},
	"manifest without configuration":  {edit(theManifest, `"config"`, `"other"`), "it has no configuration"},
	"manifest that says index":        {edit(theManifest, `vnd.oci.image.manifest.v1+json"`, `vnd.oci.image.index.v1+json"`), "what leads to it says"},
	"manifest and index at once":      {edit(theManifest, `"layers"`, `"manifests":[],"layers"`), "an index and a manifest at once"},
	"index that is a manifest":        {edit(theIndex, `"manifests"`, `"layers":[],"config":{},"manifests"`), "an index and a manifest at once"},
	"index of type manifest":          {edit(theIndex, `"schemaVersion":2`, `"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"`), "what leads to it says"},
	"index no JSON":                   {func(_ testing.TB, p *parts) { p.index = "[" }, "no JSON of a manifest"},
	"index empty":                     {edit(theIndex, entryOf, ""), "there is no image in it"},
	"index entry of a wrong type":     {edit(theIndex, "application/vnd.oci.image.manifest.v1+json", "application/octet-stream"), "it is no image"},
	"index with 1001 entries":         {edit(theIndex, entryOf, strings.TrimSuffix(strings.Repeat(entryOf+",", 1001), ",")), "1000 are the most"},
	"index of 5 MiB":                  {func(_ testing.TB, p *parts) { p.index += strings.Repeat(" ", 5<<20) }, "4194304 are the most"},
	"config of 5 MiB":                 {func(_ testing.TB, p *parts) { p.config += strings.Repeat(" ", 5<<20) }, "4194304 are the most"},
	"manifest of 5 MiB":               {func(_ testing.TB, p *parts) { p.manifest += strings.Repeat(" ", 5<<20) }, "4194304 are the most"},
	"deep nesting of JSON":            {func(_ testing.TB, p *parts) { p.index = strings.Repeat(`{"manifests":[`, 100_000) }, "no JSON of a manifest"},
	"indexes nested too deep":         {nest(5, 1), "too many times over"},
	"the same index over and over":    {nest(4, 50), "more than 67108864 bytes"},
	"manifests of 4 MiB, 17 times":    {bigManifests, "more than 67108864 bytes"},
	"layer is a link out":             {instead(images.Symlink("", "/etc/passwd")), "leads out of the archive"},
	"layer is a link up and out":      {instead(images.Symlink("", "../../../../etc/passwd")), "leads out of the archive"},
	"layer is a link to itself":       {instead(images.Symlink("", zeros[7:])), "too many times over"},
	"layer is a directory":            {instead(images.Dir("")), "is missing"},
	"layer is a hard link out":        {instead(images.Hardlink("", "/etc/passwd")), "leads out of the archive"},
	"layer is a sparse file":          {sparse, "as a sparse file"},
	"layer is at an absolute path":    {instead(images.File("/blobs", "x")), "is missing"},
	"layer is at a path out":          {instead(images.File("../../blobs", "x")), "is missing"},
	"layout of another version": {func(_ testing.TB, p *parts) {
		p.more = images.Layer{images.File("./oci-layout", `{"imageLayoutVersion":"2.0.0"}`)}
	}, `the version is "2.0.0"`},
	"manifest changed at the end": {swapped, "is damaged"},
}

// instead has a member in the place of the layer.
func instead(e images.Entry) func(testing.TB, *parts) {
	return func(t testing.TB, p *parts) {
		edit(theManifest, `"digest":"LAYER","size":NLAYER`, `"digest":"`+zeros+`","size":1`)(t, p)
		if name := "blobs/sha256/" + zeros[7:]; strings.HasSuffix(e.Name, "blobs") {
			e.Name = strings.TrimSuffix(e.Name, "blobs") + name
		} else {
			e.Name = name
		}
		p.more = images.Layer{e}
	}
}

// sparse has the layer as tar --sparse stores it. Go does not write such a member, so it gets its records' names afterwards.
func sparse(t testing.TB, p *parts) {
	e := images.File("", "1\n0\n1\n"+strings.Repeat("\x00", 506)+"x")
	e.PAXRecords = map[string]string{"ANY.sparse.major": "1", "ANY.sparse.minor": "0", "ANY.sparse.realsize": "1"}
	instead(e)(t, p)
	p.bytes = func(raw []byte) []byte { return bytes.ReplaceAll(raw, []byte("ANY.sparse."), []byte("GNU.sparse.")) }
}

// swapped has the manifest's name once more, with other bytes: the last counts.
func swapped(_ testing.TB, p *parts) {
	p.change = func(all images.Layer) images.Layer {
		again := all[4]
		again.Body = strings.Replace(again.Body, "2", "3", 1)
		return append(all, again)
	}
}

func nest(deep, wide int) func(testing.TB, *parts) {
	return func(_ testing.TB, p *parts) {
		for range deep {
			b := blob(`{"schemaVersion":2,"manifests":[]}`)
			if len(p.more) > 0 {
				last := p.more[len(p.more)-1]
				b = blob(`{"schemaVersion":2,"manifests":[` + indexEntries(last.Body, wide) + `]}`)
			}
			p.more = append(p.more, b)
		}
		p.index = p.more[len(p.more)-1].Body
	}
}

func indexEntries(body string, n int) string {
	one := fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"%s","size":%d},`, digestOf([]byte(body)), len(body))
	return strings.TrimSuffix(strings.Repeat(one, n), ",")
}

func bigManifests(_ testing.TB, p *parts) {
	var entries []string
	for i := range 17 {
		body := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"x"},"n":%d%s}`, i, strings.Repeat(" ", 4<<20-200))
		p.more = append(p.more, blob(body))
		entries = append(entries, fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d}`, digestOf([]byte(body)), len(body)))
	}
	p.index = `{"schemaVersion":2,"manifests":[` + strings.Join(entries, ",") + `]}`
}

func TestHostileLayouts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.tar")
	put(t, path, wellFormed(t).tar(t))
	contentOf(t, opened(t, Options{Path: path}).Images[0]) // what is edited below is well-formed before
	for name, c := range hostileLayouts {
		t.Run(name, func(t *testing.T) {
			p := wellFormed(t)
			c.edit(t, &p)
			refused(t, p.tar(t), c.says)
		})
	}
}

// refused opens what has to be refused, in a file and from a pipe, and looks that nothing is left.
func refused(t *testing.T, raw []byte, says string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "x.tar")
	put(t, path, raw)
	for _, o := range []Options{{Path: path, Tmp: dir}, {Path: "-", Tmp: dir, Stdin: iotest{bytes.NewReader(raw)}}} {
		a, err := Open(context.Background(), o)
		if err == nil {
			t.Errorf("%s is opened: %d images, %q", o.Path, len(a.Images), a.Images[0].manifest)
			_ = a.Close() // the test has failed
			continue
		}
		if said := strings.ReplaceAll(err.Error(), path, ""); !strings.Contains(said, says) || len(said) > 3000 {
			t.Errorf("it is said %.500s, and to be said %q", said, says)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v: left: %v", err, left)
	}
}
