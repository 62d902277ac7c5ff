package image

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
)

// What is read as a name here, go-containerregistry, which fetches it, has to read as the same one. It takes more: any order of
// separators, and ids.
func FuzzParseName(f *testing.F) {
	for _, s := range []string{
		"alpine", "alpine:3.20", "docker.io/alpine", "index.docker.io/library/alpine:x", "quay.io/a/b:c", "localhost/x", "localhost:5000/x", "a/b/c",
		"alpine@" + someDigest, "alpine:1@" + someDigest, "[::1]:5000/x", "X/y", "a//b", "a:b:c", "a/b:c/d", ".", "..", "-", "_", "a.b", "a.b/", "/x", "x:", "x@", "127.0.0.1:1/x", "a.b:00001/x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, short, err := ParseName(s)
		ref, theirs := name.ParseReference(s)
		if err != nil {
			if n != (Name{}) || short {
				t.Errorf("%q: %v beside %v", s, n, err)
			}
			return
		}
		if theirs != nil {
			t.Fatalf("%q is %v here: %v", s, n, theirs)
		}
		full := strings.Replace(ref.Name(), "index.docker.io/", "docker.io/", 1)
		if registry := ref.Context().RegistryStr(); registry != strings.ToLower(registry) {
			full = strings.ToLower(registry) + strings.TrimPrefix(full, registry)
			if again, _, err := ParseName(full); err != nil || again != n {
				t.Errorf("%q is %v here, and %v in lower case: %v", s, n, again, err)
			}
			return
		}
		if full != n.String() {
			t.Errorf("%q is %v here and %v there", s, n, full)
		}
		for _, again := range []string{n.String(), n.Familiar()} {
			if m, _, err := ParseName(again); m != n {
				t.Errorf("%q of %q is read as %v: %v", again, s, m, err)
			}
		}
		if strings.ContainsAny(n.String(), "\x00 \n") || strings.Contains(n.String(), "..") || strings.Contains(n.String(), "//") {
			t.Errorf("%q is the name %q", s, n)
		}
	})
}
