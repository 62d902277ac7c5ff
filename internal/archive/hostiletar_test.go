package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
)

const dockerConfig = `{"os":"linux","rootfs":{"diff_ids":["DIFF"]}}`

// docker is what docker save writes, with a manifest.json and further members.
func docker(t testing.TB, manifest string, more ...images.Entry) []byte {
	layer := string(images.One().Layers[0].Tar(t))
	config := strings.ReplaceAll(dockerConfig, "DIFF", string(digestOf([]byte(layer))))
	return append(images.Layer{images.File("manifest.json", manifest), images.File("c.json", config), images.File("a/layer.tar", layer)}, more...).Tar(t)
}

func TestHostileDockerArchives(t *testing.T) {
	two := `{"rootfs":{"diff_ids":["` + zeros + `","` + zeros + `"]}}`
	zero := images.File("z.json", `{"rootfs":{"diff_ids":["`+zeros+`"]}}`)
	for name, c := range map[string]struct {
		manifest string
		more     []images.Entry
		says     string
	}{
		"config is a path on the host":     {`[{"Config":"/etc/passwd","Layers":["a/layer.tar"]}]`, nil, "leads out of the archive"},
		"config is a path out":             {`[{"Config":"../../etc/passwd","Layers":["a/layer.tar"]}]`, nil, "leads out of the archive"},
		"config is missing":                {`[{"Config":"d.json","Layers":["a/layer.tar"]}]`, nil, "no such member"},
		"config has no name":               {`[{"Layers":["a/layer.tar"]}]`, nil, "no such member"},
		"config is the layer":              {`[{"Config":"a/layer.tar","Layers":["a/layer.tar"]}]`, nil, "no JSON of a configuration"},
		"config is not what its name says": {`[{"Config":"` + zeros[7:] + `.json","Layers":["a/layer.tar"]}]`, []images.Entry{images.File(zeros[7:]+".json", "{}")}, "is damaged"},
		"config of 5 MiB":                  {`[{"Config":"d","Layers":[]}]`, []images.Entry{images.File("d", strings.Repeat(" ", 5<<20))}, "4194304 are the most"},
		"config of an array":               {`[{"Config":"d","Layers":[]}]`, []images.Entry{images.File("d", "[]")}, "no JSON of a configuration"},
		"layer is a path on the host":      {`[{"Config":"c.json","Layers":["/etc/passwd"]}]`, nil, "leads out of the archive"},
		"layer is a path out":              {`[{"Config":"c.json","Layers":["a/../../x"]}]`, nil, "leads out of the archive"},
		"layer is missing":                 {`[{"Config":"c.json","Layers":["b/layer.tar"]}]`, nil, "no such member"},
		"layer is a link out":              {`[{"Config":"c.json","Layers":["l"]}]`, []images.Entry{images.Symlink("l", "/etc/passwd")}, "leads out of the archive"},
		"layer is a link up":               {`[{"Config":"c.json","Layers":["b/l"]}]`, []images.Entry{images.Symlink("b/l", "../../etc/passwd")}, "leads out of the archive"},
		"layer is a hard link out":         {`[{"Config":"c.json","Layers":["l"]}]`, []images.Entry{images.Hardlink("l", "../x")}, "leads out of the archive"},
		"layer is a long chain of links":   {`[{"Config":"c.json","Layers":["l0"]}]`, chain(20), "too many times over"},
		"layer listed twice":               {`[{"Config":"c.json","Layers":["a/layer.tar","a/layer.tar"]}]`, nil, "it is of 1 layers, and manifest.json has 2"},
		"fewer layers than diffIDs":        {`[{"Config":"d","Layers":["a/layer.tar"]}]`, []images.Entry{images.File("d", two)}, "it is of 2 layers, and manifest.json has 1"},
		"layer compressed with xz":         {`[{"Config":"c.json","Layers":["l"]}]`, []images.Entry{images.File("l", "\xfd7zXZ\x00xx")}, "compressed with xz"},
		"manifest.json no JSON":            {`{`, nil, "manifest.json: "},
		"manifest.json an object":          {`{}`, nil, "manifest.json: "},
		"manifest.json empty":              {`[]`, nil, "there is no image in it"},
		"manifest.json of 5 MiB":           {strings.Repeat(" ", 5<<20), nil, "4194304 are the most"},
		"1001 images":                      {"[" + strings.Repeat(`{},`, 1000) + "{}]", nil, "1000 are the most"},
		"manifest.json twice":              {`[{"Config":"c.json","Layers":["a/layer.tar"]}]`, []images.Entry{images.File("./manifest.json", "no")}, "manifest.json: "},
		"diffID that is no digest":         {`[{"Config":"d","Layers":["a/layer.tar"]}]`, []images.Entry{images.File("d", `{"rootfs":{"diff_ids":["../../x"]}}`)}, "64 hexadecimal digits"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, docker(t, c.manifest, c.more...), c.says) })
	}
	t.Run("layer that does not fit", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x")
		put(t, path, docker(t, `[{"Config":"z.json","Layers":["a/layer.tar"]}]`, zero))
		i := opened(t, Options{Path: path}).Images[0]
		var d document
		parse(t, i.manifest, &d)
		r, err := i.Blob(context.Background(), zeros, d.Layers[0].Size, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bytes.NewBuffer(nil).ReadFrom(r); err == nil || !strings.Contains(err.Error(), "a layer does not fit the image's configuration") {
			t.Error(err)
		}
	})
}

func chain(n int) (list []images.Entry) {
	for i := range n {
		list = append(list, images.Symlink(fmt.Sprintf("l%d", i), fmt.Sprintf("l%d", i+1)))
	}
	return append(list, images.Hardlink(fmt.Sprintf("l%d", n), "a/layer.tar"))
}

// Old versions of docker save wrote a layer of two images once, and a symbolic link.
func TestLinkedLayersOfOldArchives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, e := range []images.Entry{images.Symlink("b/layer.tar", "../a/layer.tar"), images.Hardlink("b/layer.tar", "a/layer.tar")} {
		put(t, path, docker(t, `[{"Config":"c.json","RepoTags":["x:1"],"Layers":["a/layer.tar"]},{"Config":"c.json","RepoTags":["x:2","x:1"],"Layers":["b/layer.tar"]}]`, e))
		a := opened(t, Options{Path: path})
		if c := contentOf(t, a.Images[0]); len(a.Images) != 1 || strings.Join(c.names, " ") != "docker.io/library/x:1 docker.io/library/x:2" {
			t.Errorf("%d images, the first %q", len(a.Images), c.names)
		}
		if a := opened(t, Options{Path: path, Ref: "x:2", Kind: image.DockerArchive}); len(a.Images) != 1 || a.Images[0].Names()[0] != "docker.io/library/x:2" {
			t.Errorf("by name there is %q", a.Images[0].names)
		}
	}
}

func TestBrokenTarArchives(t *testing.T) {
	whole := wellFormed(t).tar(t)
	many := make(images.Layer, mostMembers+1)
	for i := range many {
		many[i] = images.File("x", "")
		many[i].Format = tar.FormatUSTAR
	}
	huge := images.Layer{images.File("index.json", "")}.Tar(t)
	setSize(huge[:512], "77777777777")
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"empty":                           {nil, "it is empty"},
		"text":                            {[]byte(strings.Repeat("hello\n", 200)), "it is no tar archive"},
		"short text":                      {[]byte("hello\n"), "truncated"},
		"gzip of nothing":                 {images.Pack(t, nil, images.Gzip), "it is empty"},
		"gzip of text":                    {images.Pack(t, []byte(strings.Repeat("hello\n", 200)), images.Gzip), "it is no tar archive"},
		"gzip's first bytes":              {[]byte{0x1f, 0x8b, 8}, "EOF"},
		"zstd's first bytes":              {[]byte{0x28, 0xb5, 0x2f, 0xfd}, "truncated"},
		"zstd that wants a large window":  {[]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 1, 0, 0}, "window size exceeded"},
		"truncated in a member":           {whole[:len(whole)-3000], "truncated"},
		"truncated in a header":           {whole[:100], "truncated"},
		"truncated before the end":        {whole[:2048], "is missing"},
		"gzip truncated":                  {short(images.Pack(t, whole, images.Gzip)), "truncated"},
		"gzip with a wrong checksum":      {flip(images.Pack(t, whole, images.Gzip), -6), "checksum"},
		"size of 8 GiB":                   {huge, "truncated"},
		"more names than any archive has": {images.Pack(t, many.Tar(t), images.Gzip), "no archive of images has"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, c.raw, c.says) })
	}
}

func short(b []byte) []byte { return b[:len(b)*2/3] }

func flip(b []byte, at int) []byte {
	b[(at+len(b))%len(b)] ^= 1
	return b
}

// setSize changes a header.
func setSize(header []byte, octal string) {
	copy(header[124:], octal)
	copy(header[148:], "        ")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// A hundred thousand members are no reason to refuse, nor are those with names that lead out: they are of no member.
func TestMembersThatNobodyAsksFor(t *testing.T) {
	p := wellFormed(t)
	for i := range 100_000 {
		p.more = append(p.more, images.File(fmt.Sprintf("f%d", i), ""))
	}
	p.more = append(p.more, images.File("../x", "x"), images.File("/x", "x"), images.File("a/../../index.json", "{"), images.File("/index.json", "{"), images.File(strings.Repeat("n", 5000), ""), images.Symlink("passwd", "/etc/passwd"))
	if name, ok := inside(strings.Repeat("n", 5000)); ok {
		t.Errorf("%.20s... is kept in memory", name)
	}
	path := filepath.Join(t.TempDir(), "x")
	put(t, path, p.tar(t))
	a := opened(t, Options{Path: path})
	if a.Kind != image.OCIArchive {
		t.Errorf("it is %q", a.Kind)
	}
	contentOf(t, a.Images[0])
}
