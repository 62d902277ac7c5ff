package registry

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

const (
	ociImage = "application/vnd.oci.image.manifest.v1+json"
	ociIndex = "application/vnd.oci.image.index.v1+json"
)

// entry puts a document into the registry and describes it. A platform of "" is none.
func entry(t *testing.T, s *fake.Server, mediaType, platform, body string) v1.Descriptor {
	t.Helper()
	digest := fake.Digest([]byte(body))
	s.Manifest(t, "a/b", digest, mediaType, []byte(body))
	h, err := v1.NewHash(digest)
	if err != nil {
		t.Fatal(err)
	}
	d := v1.Descriptor{MediaType: "x", Size: int64(len(body)), Digest: h}
	d.MediaType = "application/vnd.oci.image.manifest.v1+json"
	if mediaType == ociIndex {
		d.MediaType = ociIndex
	}
	if platform != "" {
		p, err := image.ParsePlatform(platform)
		if err != nil {
			t.Fatal(err)
		}
		d.Platform = &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
	}
	return d
}

func imageFor(word string) string {
	return fmt.Sprintf(`{"schemaVersion":2,"config":{},"layers":[],"annotations":{"for":%q}}`, word)
}

func indexOf(t *testing.T, list ...v1.Descriptor) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": ociIndex, "manifests": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePlatformIsChosen(t *testing.T) {
	server := fake.New(t)
	var list []v1.Descriptor
	for _, p := range []string{"unknown/unknown", "linux/amd64/v3", "linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", "windows/amd64", "linux/riscv64"} {
		list = append(list, entry(t, server, ociImage, p, imageFor(p)))
	}
	index := indexOf(t, list...)
	server.Manifest(t, "a/b", "1", ociIndex, []byte(index))
	u := newUser(t, server.Host+"/a/b:1")
	for platform, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/amd64/v4": "linux/amd64/v3", "linux/amd64/v2": "linux/amd64", "linux/arm64": "linux/arm64/v8", "linux/arm": "linux/arm/v7", "linux/arm/v6": "linux/arm/v6",
		"linux/arm/v8": "linux/arm/v7", "windows/amd64": "windows/amd64", "linux/riscv64": "linux/riscv64",
	} {
		u.Platform = platform
		s := u.open(t)
		got, _, err := s.Manifest(t.Context())
		if err != nil || string(got) != imageFor(want) || string(s.Tagged()) != fake.Digest([]byte(index)) {
			t.Errorf("%s: %s, %v", platform, got, err)
		}
	}
	for _, platform := range []string{"linux/s390x", "linux/arm/v5", "linux/riscv64/x"} {
		u.Platform = platform
		_, err := u.manifest(t)
		if platform == "linux/riscv64/x" { // a variant that nobody knows: what has none will do
			if err != nil {
				t.Error(err)
			}
			continue
		}
		has(t, err, "the image is not there for "+platform+", but for linux/amd64, linux/amd64/v3, linux/arm/v6, linux/arm/v7, linux/arm64/v8, linux/riscv64, windows/amd64: choose one with --platform")
	}
}

func TestIndexesInIndexes(t *testing.T) {
	server := fake.New(t)
	amd := entry(t, server, ociImage, "linux/amd64", imageFor("amd"))
	arm := entry(t, server, ociImage, "linux/arm64", imageFor("arm"))
	one := entry(t, server, ociIndex, "", indexOf(t, arm))
	two := entry(t, server, ociIndex, "", indexOf(t, amd))
	server.Manifest(t, "a/b", "nested", ociIndex, []byte(indexOf(t, one, two)))
	server.Manifest(t, "a/b", "single", ociIndex, []byte(indexOf(t, entry(t, server, ociImage, "", imageFor("any")))))
	deep := two
	for i := range below + 5 {
		deep = entry(t, server, ociIndex, "", indexOf(t, deep, entry(t, server, ociImage, "os/x", imageFor(fmt.Sprint(i)))))
	}
	server.Manifest(t, "a/b", "deep", ociIndex, []byte(indexOf(t, deep)))
	u := newUser(t, server.Host+"/a/b:nested")
	for _, tt := range []struct{ tag, platform, want, say string }{
		{"nested", "linux/amd64", imageFor("amd"), ""}, {"nested", "linux/arm64", imageFor("arm"), ""}, {"nested", "linux/386", "", "but for linux/amd64, linux/arm64: "},
		{"single", "linux/386", imageFor("any"), ""}, {"deep", "linux/amd64", "", "more indexes in it than make sense"},
	} {
		u.Name.Tag, u.Platform = tt.tag, tt.platform
		got, err := u.manifest(t)
		if tt.say != "" {
			has(t, err, tt.say)
		} else if err != nil || got != tt.want {
			t.Errorf("%s for %s: %s, %v", tt.tag, tt.platform, got, err)
		}
	}
	if n := server.Count("GET", "/manifests/sha256:"); n > 2*below {
		t.Errorf("%d documents were fetched", n)
	}
}

// The index has the digest of each manifest: what comes for it is that, or refused.
func TestWhatAnIndexSaysIsChecked(t *testing.T) {
	server := fake.New(t)
	d := entry(t, server, ociImage, "linux/amd64", imageFor("amd"))
	longer := d
	longer.Size++
	sha512 := d
	sha512.Digest = v1.Hash{Algorithm: "sha512", Hex: strings.Repeat("0", 128)}
	u := newUser(t, server.Host+"/a/b:1")
	u.Platform = "linux/amd64"
	for _, tt := range []struct {
		entry v1.Descriptor
		fault fake.Fault
		say   string
	}{
		{longer, fake.Header("", ""), "the index says that the manifest has"}, {sha512, fake.Header("", ""), `a digest is "sha256:"`},
		{d, fake.Change(func(b []byte) []byte { return []byte(strings.Replace(string(b), "amd", "arm", 1)) }), "has the digest sha256:"},
	} {
		server.Manifest(t, "a/b", "1", ociIndex, []byte(`{"schemaVersion":2,"manifests":[]}`))
		server.Fail(fake.Rule{Path: "/manifests/1", Do: fake.Answer(ociIndex, []byte(indexOf(t, tt.entry)))})
		server.Fail(fake.Rule{Path: "/manifests/sha256", Do: tt.fault})
		_, err := u.manifest(t)
		has(t, err, tt.say)
		server.Heal()
	}
	_, err := u.manifest(t)
	has(t, err, "not there for linux/amd64, nor is any said to be")
}
