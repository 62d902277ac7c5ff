package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a look at paths that are there; those of directories end with a slash.
func tree(paths ...string) func(string) (bool, bool) {
	return func(path string) (exists, dir bool) {
		for _, p := range paths {
			if strings.TrimSuffix(p, "/") == strings.TrimSuffix(path, "/") {
				return true, strings.HasSuffix(p, "/")
			}
		}
		return false, false
	}
}

func TestWordsAreDirectoriesNamesOrFiles(t *testing.T) {
	look := tree("rootfs/", "debian/", "a.tar", "./b.tgz", "/x/c.tar.zst", "d.tar.xz/", "plain", ".tar", "with:colon/", "oci:dir/", "sub/")
	for word, want := range map[string]Source{
		"rootfs":                   {Kind: Directory, Path: "rootfs"},
		"debian":                   {Kind: Directory, Path: "debian"},
		"debian:12":                {Kind: Registry, Name: Name{"docker.io", "library/debian", "12", ""}, Short: true},
		"./debian":                 {Kind: Directory, Path: "./debian"},
		"./nowhere":                {Kind: Directory, Path: "./nowhere"},
		"../nowhere":               {Kind: Directory, Path: "../nowhere"},
		"/nowhere":                 {Kind: Directory, Path: "/nowhere"},
		"/":                        {Kind: Directory, Path: "/"},
		".":                        {Kind: Directory, Path: "."},
		"..":                       {Kind: Directory, Path: ".."},
		"nowhere/":                 {Kind: Directory, Path: "nowhere/"},
		"nowhere":                  {Kind: Registry, Name: Name{"docker.io", "library/nowhere", "latest", ""}, Short: true},
		"a.tar":                    {Kind: Tar, Path: "a.tar"},
		"./b.tgz":                  {Kind: Tar, Path: "./b.tgz"},
		"/x/c.tar.zst":             {Kind: Tar, Path: "/x/c.tar.zst"},
		"/x/d.tar.zst":             {Kind: Tar, Path: "/x/d.tar.zst"},
		"d.tar.xz":                 {Kind: Directory, Path: "d.tar.xz"},
		"plain":                    {Kind: Registry, Name: Name{"docker.io", "library/plain", "latest", ""}, Short: true},
		"b.tar":                    {Kind: Registry, Name: Name{"docker.io", "library/b.tar", "latest", ""}, Short: true},
		"docker://alpine":          {Kind: Registry, Name: Name{"docker.io", "library/alpine", "latest", ""}},
		"docker://quay.io/a/b:1":   {Kind: Registry, Name: Name{"quay.io", "a/b", "1", ""}},
		"docker:27":                {Kind: Registry, Name: Name{"docker.io", "library/docker", "27", ""}, Short: true},
		"oci:sub":                  {Kind: OCI, Path: "sub"},
		"oci:sub:tag":              {Kind: OCI, Path: "sub", Ref: "tag"},
		"oci:sub:a.b/c:1":          {Kind: OCI, Path: "sub", Ref: "a.b/c:1"},
		"oci:none:tag":             {Kind: OCI, Path: "none", Ref: "tag"},
		"oci:with:colon":           {Kind: OCI, Path: "with:colon"},
		"oci:with:colon:t":         {Kind: OCI, Path: "with:colon", Ref: "t"},
		"oci:dir":                  {Kind: Directory, Path: "oci:dir"},
		"oci-archive:/f.tar":       {Kind: OCIArchive, Path: "/f.tar"},
		"docker-archive:f.tar:a:1": {Kind: DockerArchive, Path: "f.tar", Ref: "a:1"},
		"dir:a:b":                  {Kind: Dir, Path: "a:b"},
		"tar:a:b":                  {Kind: Tar, Path: "a:b"},
		someDigest:                 {Kind: Stored, Ref: someDigest},
		someDigest[7:]:             {Kind: Stored, Ref: someDigest[7:]},
		"x@" + someDigest:          {Kind: Registry, Name: Name{"docker.io", "library/x", "", someDigest}, Short: true},
	} {
		got, err := ParseSource(word, look)
		if err != nil || got != want {
			t.Errorf("%s: %+v and not %+v: %v", word, got, want, err)
		}
	}
}

func TestWordsThatAreNothingAreSaid(t *testing.T) {
	for word, says := range map[string]string{
		"":                          "neither a directory",
		"a\x00b":                    "neither a directory",
		"containers-storage:alpine": "podman save --format oci-archive",
		"docker-daemon:alpine:3":    "docker save -o FILE",
		"sif:x.sif":                 "skopeo copy",
		"ostree:x@/y":               "skopeo copy",
		"tarball:x.tar":             "tar:FILE",
		"https://quay.io/x/":        "--tls-verify",
		"http://quay.io/x":          "--tls-verify",
		"https://quay.io/x":         "--tls-verify",
		"gopher://x":                "gopher: is no transport",
		"foo:/x":                    "oci-archive:FILE",
		"oci:":                      "no path behind oci:",
		"tar:":                      "no path behind tar:",
		"docker-archive::x":         "no path behind docker-archive:",
		"Alpine":                    "lower case",
		"docker://Alpine":           "lower case",
		"docker://":                 "no name of an image",
	} {
		if s, err := ParseSource(word, tree()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v", word, s, err)
		}
	}
}

// What stands in the store as a local source's name is read as the same source.
func TestLocalSourcesHaveNamesThatAreReadAgain(t *testing.T) {
	for _, word := range []string{"oci:a/b:tag", "oci:a", "oci-archive:/x//y.tar", "docker-archive:../f.tar:n:1", "dir:d", "tar:r.tar.gz", "x.tar"} {
		s, err := ParseSource(word, tree("x.tar"))
		if err != nil || !s.Local() {
			t.Errorf("%s: %+v, %v", word, s, err)
		}
		in := s.In("/home/me")
		again, err := ParseSource(in.String(), tree())
		if err != nil || again != in || !filepath.IsAbs(in.Path) || filepath.Clean(in.Path) != in.Path {
			t.Errorf("%s is %s, which is read as %+v: %v", word, in, again, err)
		}
	}
}

func TestAStampShowsThatAFileWasReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "index.json")
	must(t, os.WriteFile(path, []byte("one"), 0o600))
	for _, s := range []Source{{Kind: OCI, Path: dir}, {Kind: Tar, Path: path}} {
		before, err := s.Stamp()
		must(t, err)
		if again, _ := s.Stamp(); again != before || len(strings.Fields(before)) != 5 {
			t.Errorf("%q, then %q", before, again)
		}
		must(t, os.WriteFile(path+".new", []byte("two"), 0o600))
		must(t, os.Rename(path+".new", path))
		if after, err := s.Stamp(); err != nil || after == before {
			t.Errorf("%q before and %q after: %v", before, after, err)
		}
		must(t, os.Remove(path))
		if s, err := s.Stamp(); err == nil {
			t.Errorf("a file that is not there has the stamp %q", s)
		}
		must(t, os.WriteFile(path, []byte("one"), 0o600))
	}
	if s, err := (Source{Kind: Registry}).Stamp(); err == nil {
		t.Errorf("a name has the stamp %q", s)
	}
}

func FuzzParseSource(f *testing.F) {
	for _, s := range []string{"alpine", "./x", "oci:a:b:c", "docker-archive:/f:x", "foo://", "tar:/a/../b", "x.tar.gz", someDigest} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, word string, there bool) {
		s, err := ParseSource(word, func(path string) (bool, bool) { return there && len(path)%2 == 0, false })
		if err != nil {
			if s.Kind != "" && s.Kind != Registry {
				t.Errorf("%q: %+v beside %v", word, s, err)
			}
			return
		}
		if s.Local() {
			in := s.In("/d")
			if again, err := ParseSource(in.String(), func(path string) (bool, bool) { return path == in.Path, false }); err != nil || again.Kind != s.Kind || again.Path != in.Path && !strings.HasPrefix(in.String(), string(s.Kind)+":"+again.Path+":") {
				t.Errorf("%q: %+v is read again as %+v: %v", word, in, again, err)
			}
		}
	})
}
