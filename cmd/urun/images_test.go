package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
)

// ids of withImages.
func idOf(t *testing.T, s image.Store, word string) string {
	t.Helper()
	_, r, err := s.Find(word)
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// What an image says of itself is shown as text, whatever codes for a terminal are in it.
func TestAnImageDoesNotWriteToTheTerminal(t *testing.T) {
	const code = "\x1b]0;x\a"
	l := image.Listed{Record: image.Record{ID: strings.Repeat("a", 64), Platform: "li" + code + "/am" + code, Created: "x" + code,
		Config: image.Config{Labels: map[string]string{"k" + code: "v" + code}}}}
	for name, cell := range (row{Listed: l, repository: "r" + code, tag: "t" + code, name: "n" + code}).cells(true) {
		if s := fmt.Sprint(cell); strings.ContainsAny(s, "\x1b\a") {
			t.Errorf("%s is %q", name, s)
		}
	}
}

func TestImagesAreListed(t *testing.T) {
	s := withImages(t)
	alpine, nginx, nobody := idOf(t, s, "alpine:3.20"), idOf(t, s, "me/nginx:1.27"), idOf(t, s, string(digest("manifest of nobody")))
	for line, want := range map[string]string{
		"images": `REPOSITORY                TAG     IMAGE ID      CREATED       SIZE
docker.io/library/alpine  3.20    ALPINE12      2 days ago    8.3 MB
localhost/mine            latest  ALPINE12      2 days ago    8.3 MB
quay.io/me/nginx          1.27    NGINX1234567  3 months ago  187 MB
<none>                    <none>  NOBODY123456  N/A           12 B
`,
		"images -n alpine":                               "docker.io/library/alpine  3.20  ALPINE12  2 days ago  8.3 MB\n",
		"images -q":                                      "ALPINE12\nNGINX1234567\nNOBODY123456\n",
		"images -q --no-trunc":                           "sha256:ALPINE\nsha256:NGINX\nsha256:NOBODY\n",
		"images -q --sort size":                          "NOBODY123456\nALPINE12\nNGINX1234567\n",
		"images -aq */me/ngin*":                          "NGINX1234567\n",
		"images -q quay.io/me/nginx:1.27":                "NGINX1234567\n",
		"images -q nginx:1.26":                           "",
		"images -q ginx":                                 "",
		"images -q -f dangling=true":                     "NOBODY123456\n",
		"images -q -f label=tier":                        "NGINX1234567\n",
		"images -q -f label=tier=back":                   "",
		"images -q -f before=alpine:3.20":                "NGINX1234567\nNOBODY123456\n",
		"images -q -f since=me/nginx:1.27":               "ALPINE12\n",
		"images -q -f reference=mine -f reference=nginx": "ALPINE12\nNGINX1234567\n",
		"images --digests -n mine":                       "localhost/mine  latest  " + string(digest("manifest of alpine")) + "  ALPINE12  2 days ago  8.3 MB\n",
		"images --sort repository --format {{.Name}}|{{.Short}}|{{.Size}}|{{.Dangling}}": "||12 B|true\ndocker.io/library/alpine:3.20|alpine:3.20|8.3 MB|false\nlocalhost/mine:latest|mine:latest|8.3 MB|false\nquay.io/me/nginx:1.27|quay.io/me/nginx:1.27|187 MB|false\n",
		"images --format {{.Labels.tier}}{{len_.RepoDigests}} -f label=tier":             "front1\n",
	} {
		words := strings.Fields(line)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		got, err := printed(t, func() error { return callWords(words) })
		want = strings.NewReplacer("ALPINE12    ", alpine[:12], "ALPINE12", alpine[:12], "NGINX1234567", nginx[:12], "NOBODY123456", nobody[:12], "ALPINE", alpine, "NGINX", nginx, "NOBODY", nobody).Replace(want)
		if err != nil || got != want {
			t.Errorf("%s: %v, got\n%swant\n%s", line, err, got, want)
		}
	}
}

func callWords(words []string) error {
	c, err := parse(words)
	if err == nil {
		_, err = c.run()
	}
	return err
}

// Programs get one element for each image, whatever names it has.
func TestImagesAsJSON(t *testing.T) {
	s := withImages(t)
	out, err := printed(t, func() error { return call("images --json --sort size") })
	var list []map[string]any
	if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list) != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	nobody, alpine, nginx := list[0], list[1], list[2]
	if alpine["Id"] != idOf(t, s, "mine") || fmt.Sprint(alpine["Names"]) != "[localhost/mine:latest docker.io/library/alpine:3.20]" && fmt.Sprint(alpine["Names"]) != "[docker.io/library/alpine:3.20 localhost/mine:latest]" || alpine["Size"] != 8.3e6 {
		t.Errorf("%v", alpine)
	}
	if fmt.Sprint(nginx["RepoDigests"]) != "[quay.io/me/nginx@"+string(digest("manifest of nginx"))+"]" || nginx["Arch"] != "arm64/v8" || fmt.Sprint(nginx["Labels"]) != "map[tier:front]" {
		t.Errorf("%v", nginx)
	}
	if nobody["Dangling"] != true || fmt.Sprint(nobody["Names"], nobody["RepoTags"]) != "[] []" || nobody["Created"] != 0.0 {
		t.Errorf("%v", nobody)
	}
}

func TestNoStoreIsAnEmptyOne(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	for line, want := range map[string]string{"images": "REPOSITORY  TAG  IMAGE ID  CREATED  SIZE\n", "images --json": "[]\n", "images -q": "", "rmi --all": "", "prune -f": "Total reclaimed space: 0 B\n"} {
		if got, err := printed(t, func() error { return call(line) }); err != nil || got != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "")
	for _, line := range []string{"images", "rmi x", "tag x y", "pull alpine", "load", "history x", "prune -f", "inspect --type image x"} {
		if err := call(line); err == nil || !strings.Contains(err.Error(), "set one of them") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestDecimalSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1 kB", 1023: "1.02 kB", 999_499: "999 kB", 999_999: "1 MB", 1_987_690: "1.99 MB", 123_456_789_000: "123 GB", 1 << 62: "4.61 EB"} {
		if got := decimalSize(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
