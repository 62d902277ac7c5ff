package pull

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
)

// counter stands before the registry and counts how often each blob is fetched.
type counter struct {
	sync.Mutex
	blobs map[string]int
}

func (p *place) counted() *counter {
	c := &counter{blobs: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: p.address})
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	blob := regexp.MustCompile(`/blobs/(sha256:[0-9a-f]{64})$`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := blob.FindStringSubmatch(r.URL.Path); m != nil && r.Method == http.MethodGet {
			c.Lock()
			c.blobs[m[1]]++
			c.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	p.Cleanup(server.Close)
	p.address = strings.TrimPrefix(server.URL, "http://")
	return c
}

// Twenty at once pull one image, and twenty more start it: all are content, each blob is fetched once and each layer is there once.
func TestManyPullOneImageAtOnce(t *testing.T) {
	p := here(t, full)
	layers := [][]byte{busybox(t, p.Home.Rootfs)}
	for _, l := range images.Many(5).Layers {
		layers = append(layers, l.Tar(t))
	}
	p.push("shared", build(t, v1.Config{}, layers...))
	c := p.counted() // from here on
	p.Rootfs = p.ref("shared")

	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if r := p.Run("pull", "-q", "--tls-verify=false", p.Rootfs); r.Status != 0 || r.Stderr != "" {
				t.Errorf("pull: exit status %d, %s", r.Status, r.Stderr)
			}
		})
		all.Go(func() {
			r := p.Run(p.Args([]string{"-q", "--tls-verify=false"}, "cat", "/top")...)
			if r.Status != 0 || r.Stdout != "4" {
				t.Errorf("run: exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
			}
		})
	}
	all.Wait()
	if len(c.blobs) != 7 {
		t.Errorf("%d blobs were fetched; the image has 6 layers and a configuration", len(c.blobs))
	}
	for digest, n := range c.blobs {
		if n != 1 {
			t.Errorf("%s was fetched %d times", digest, n)
		}
	}
	trees, err := filepath.Glob(p.Data + "/urun/images/layers/*")
	if err != nil || len(trees) != 6 {
		t.Errorf("%v: %d trees of 6 layers: %q", err, len(trees), trees)
	}
	names, err := os.ReadDir(p.Data + "/urun/images/names")
	if err != nil || len(names) != 1 {
		t.Errorf("%v: %d names", err, len(names))
	}
}

// Containers of one image share its layers and nothing that they write, and the image stays as it is.
func TestContainersDoNotSeeEachOthersWrites(t *testing.T) {
	p := here(t, full)
	withBusybox(p, "shared", v1.Config{}, images.Layer{images.Dir("data"), images.File("data/both", "image")})
	first := p.Detach(nil, "sh", "-c", "echo first >/data/both; echo first >/data/first; rm /bin/vi; echo done; sleep 1d")
	second := p.Detach(nil, "sh", "-c", "echo second >/data/both; echo done; sleep 1d")
	for _, id := range []string{first, second} {
		p.Until("a container has written", func() bool { return p.Run("logs", id).Stdout == "done\n" })
	}
	look := `cat /data/both; ls /data; ls /bin/vi`
	if got := p.Run("exec", second, "sh", "-c", look); got.Stdout != "second\nboth\n/bin/vi\n" {
		t.Errorf("the second sees %q, %s", got.Stdout, got.Stderr)
	}
	if got := p.Run("exec", first, "sh", "-c", `cat /data/both; ls /data; ls /bin | grep -x vi`); got.Stdout != "first\nboth\nfirst\n" {
		t.Errorf("the first sees %q, %s", got.Stdout, got.Stderr)
	}
	p.prints("imageboth\n/bin/vi", "sh", "-c", look)
	if r := p.Run("rmi", p.Rootfs); r.Status == 0 || !strings.Contains(r.Stderr, "in use") {
		t.Errorf("rmi of an image in use: exit status %d, %q", r.Status, r.Stderr)
	}
	for _, id := range []string{first, second} {
		if r := p.Run("rm", "-f", id); r.Status != 0 {
			t.Errorf("rm: exit status %d, %s", r.Status, r.Stderr)
		}
	}
}
