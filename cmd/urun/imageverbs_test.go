package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
)

// storeNames are all names in the store, sorted.
func storeNames(t *testing.T, s image.Store) string {
	t.Helper()
	out, err := printed(t, func() error { return call("images --format {{.Name}} --sort repository") })
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(out), " ")
}

func TestNamesComeAndGo(t *testing.T) {
	s := withImages(t)
	alpine, nginx := idOf(t, s, "mine"), idOf(t, s, "me/nginx:1.27")
	for _, tt := range []struct{ line, out, names string }{
		{"tag mine other registry.example.com:5000/me/x:1", "", "docker.io/library/alpine:3.20 localhost/mine:latest localhost/other:latest quay.io/me/nginx:1.27 registry.example.com:5000/me/x:1"},
		{"tag me/nginx:1.27 other", "", "docker.io/library/alpine:3.20 localhost/mine:latest localhost/other:latest quay.io/me/nginx:1.27 registry.example.com:5000/me/x:1"},
		{"untag me/nginx:1.27 other", "", "docker.io/library/alpine:3.20 localhost/mine:latest quay.io/me/nginx:1.27 registry.example.com:5000/me/x:1"},
		{"rmi mine", "Untagged: localhost/mine:latest\n", "docker.io/library/alpine:3.20 quay.io/me/nginx:1.27 registry.example.com:5000/me/x:1"},
		{"rmi -f " + alpine[:12], "Untagged: docker.io/library/alpine:3.20\nUntagged: registry.example.com:5000/me/x:1\nDeleted: " + alpine + "\n", "quay.io/me/nginx:1.27"},
		{"untag " + nginx, "", ""},
		{"rmi -i nobody " + nginx, "Deleted: " + nginx + "\n", ""},
	} {
		out, err := printed(t, func() error { return call(tt.line) })
		if err != nil || out != tt.out {
			t.Errorf("%s: %q, %v, want %q", tt.line, out, err, tt.out)
		}
		if got := storeNames(t, s); got != tt.names {
			t.Errorf("after %s: %s, want %s", tt.line, got, tt.names)
		}
	}
	if list, _, err := s.List(); err != nil || len(list) != 1 {
		t.Errorf("%d images are left, %v", len(list), err)
	}
}

// The store has files and directories under their whole paths, and a user writes what was written when they were fetched.
func TestAnImageOfADirectoryIsNamedAsItWasFetched(t *testing.T) {
	s := withImages(t)
	t.Chdir(t.TempDir())
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	name := "oci:" + filepath.Join(cwd, "layout") + ":1"
	if err := s.Tag(name, digest("manifest of nobody"), ""); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"history oci:layout:1", "inspect --type image oci:layout:1", "tag oci:./layout:1 other", "rmi oci:layout:1"} {
		if _, err := printed(t, func() error { return meant(call(line)) }); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if names := storeNames(t, s); strings.Contains(names, name) || !strings.Contains(names, "localhost/other:latest") {
		t.Errorf("the store has %s", names)
	}
}

// Nothing is done where something is written wrong, and the line says what to write.
func TestWrongWordsOfImages(t *testing.T) {
	s := withImages(t)
	dir := t.TempDir()
	before := storeNames(t, s)
	alpine := idOf(t, s, "mine")
	for line, want := range map[string]string{
		"rmi":                                "IMAGE is missing: name one, or write --all",
		"rmi --all mine":                     "write one of them",
		"rmi nobody":                         `there is no image "nobody" in your store; urun images lists`,
		"rmi mine -f":                        `"-f" comes too late, flags go before IMAGE: write -f mine`,
		"rmi " + alpine[:12]:                 "has the names docker.io/library/alpine:3.20, localhost/mine:latest: remove them, or it with --force",
		"rmi UPPER":                          "lower case",
		"tag mine":                           "NAME is missing",
		"tag nobody x":                       `no image "nobody"`,
		"tag mine x:y z:":                    "there is no tag behind the colon",
		"tag mine x@" + string(digest("")):   "a digest is computed",
		"untag mine me/nginx:1.27":           "no name of that image",
		"untag mine nobody":                  `no image "nobody"`,
		"images a b":                         `there is an argument too many, "b"`,
		"images --filter tag=1":              "there is dangling, reference, label, before and since",
		"images --filter danglin=1":          "there is dangling, reference, label, before and since; did you mean dangling",
		"images --filter dangling=x":         "write dangling=true",
		"images --filter reference=[":        "is not closed",
		"images --filter before=x":           `no image "x"`,
		"images --sort seize":                "did you mean size?",
		"images --format {{.Tga}}":           "there is no field Tga",
		"images --json --format x":           "write one of them",
		"history mine me/nginx:1.27":         "it takes one IMAGE",
		"history nobody":                     `no image "nobody"`,
		"inspect nobody":                     `there is no container "nobody", and no image of that name; urun ps -a and urun images`,
		"inspect --type image nobody":        `no image "nobody"`,
		"inspect --type imag nobody":         "did you mean image?",
		"pull --policy sometimes x":          "there is missing, newer, always and never",
		"pull --policy nevr x":               "did you mean never?",
		"pull --platform arm64 x":            "is written OS/ARCH",
		"pull --creds me x":                  "write USER:PASSWORD",
		"pull --retry many x":                "write how often",
		"pull --authfile " + dir + "/none x": "there is no such file",
		"pull " + dir:                        "it is a directory, which is a ROOTFS as it is; one with OCI's image layout is written oci:" + dir,
		"pull " + dir + "/none":              "there is no such file",
		"pull " + alpine:                     "an id does not say where an image comes from",
		"pull -a alpine:3":                   "without a tag",
		"pull http://x/y":                    "without http://",
		"pull oci:/nowhere/x:1":              `"oci:/nowhere/x:1": there is no /nowhere/x`,
		"./nowhere.tar.gz":                   "/nowhere.tar.gz",
		"oci:/nowhere/x:1":                   `"oci:/nowhere/x:1": there is no /nowhere/x`,
		"pull ostree:x":                      "not read by urun",
		"push mine":                          "does not say where to send it: write DESTINATION behind it",
		"push mine a b":                      `"b" is too much`,
		"push mine dir:/x":                   "urun does not write dir:; write oci:/x",
		"push mine ./x.tar":                  "write oci:./x.tar for a directory",
		"push mine containers-storage:x":     "urun save IMAGE | podman load brings",
		"push mine oci:x:1":                  `leave ":1" out`,
		"push --digestfile f mine oci:x":     "an archive is in no registry",
		"push nobody":                        `no image "nobody"`,
		"save --format dir mine":             "there is docker-archive, oci-archive and oci-dir",
		"save --format oci-dir mine":         "name it with --output DIR",
		"save -o x nobody":                   `no image "nobody"`,
		"load -i " + dir + "/none":           "no such file",
		"load x":                             `there is an argument too many, "x"`,
		"pull alpine":                        "urun-image, which fetches, unpacks and writes images, is neither in",
		"pull --arch arm64 alpine":           "write --platform OS/ARCH",
		"--pull sometimes alpine:3.20":       "there is missing, newer, always and never",
		"--pull never debian":                `there is no image "debian" in your store, and --pull never fetches none; urun pull debian does`,
		"--platform linux/riscv64 --pull never alpine:3.20": `there is no image "alpine:3.20" for linux/riscv64`,
		"--explain debian":                  "--explain starts nothing and fetches nothing",
		"debian":                            "urun-image, which fetches, unpacks and writes images, is neither in",
		"sha256:" + strings.Repeat("0", 64): "an id does not say where it could be fetched",
		"imgaes":                            "did you mean urun images? If not, an image of that name is written docker.io/library/imgaes",
		"containers-storage:x":              "podman save",
	} {
		out, err := printed(t, func() error { return meant(call(line)) })
		if err == nil || out != "" || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, %v\nlacks %q", line, out, err, want)
		}
	}
	if err := call("debian"); err == nil || strings.Contains(err.Error(), "there is no directory") {
		t.Errorf("what is missing is the helper: %v", err)
	}
	if after := storeNames(t, s); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// A running container keeps its image, and the names go only with it.
func TestAnImageInUseStays(t *testing.T) {
	s := withImages(t)
	_, r, err := s.Find("mine")
	if err != nil {
		t.Fatal(err)
	}
	use, err := s.Use(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := call("rmi -f " + r.ID); err == nil || !strings.Contains(err.Error(), "is in use by a container: urun ps lists those that run") {
		t.Error(err)
	}
	if out, err := printed(t, func() error { return call("rmi --all") }); err != nil || strings.Contains(out, r.ID) || !strings.Contains(out, "Deleted: ") {
		t.Errorf("%q, %v", out, err)
	}
	if got := storeNames(t, s); got != "docker.io/library/alpine:3.20 localhost/mine:latest" {
		t.Error(got)
	}
	use.Close()
	if out, err := printed(t, func() error { return call("prune --all --force") }); err != nil || !strings.HasPrefix(out, r.ID+"\nTotal reclaimed space: ") {
		t.Errorf("%q, %v", out, err)
	}
}

// Only yes is a yes.
func TestPruneAsks(t *testing.T) {
	s := withImages(t)
	nobody := idOf(t, s, string(digest("manifest of nobody")))
	for _, tt := range []struct{ answer, out string }{{"", ""}, {"n\n", ""}, {"\n", ""}, {"yep\n", ""}, {"Y\n", nobody}} {
		file := filepath.Join(t.TempDir(), "answer")
		if err := os.WriteFile(file, []byte(tt.answer), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		was := os.Stdin
		os.Stdin = f
		out, err := printed(t, func() error { return call("prune") })
		os.Stdin = was
		f.Close()
		if err != nil || tt.out == "" && out != "" || !strings.HasPrefix(out, tt.out) {
			t.Errorf("%q: %q, %v", tt.answer, out, err)
		}
	}
	if got := storeNames(t, s); got != "docker.io/library/alpine:3.20 localhost/mine:latest quay.io/me/nginx:1.27" {
		t.Error(got)
	}
}
