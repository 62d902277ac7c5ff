package registry

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

func TestAnImageIsPulledAsItIs(t *testing.T) {
	server, img, u := stored(t)
	s := u.open(t)
	got, mediaType, err := s.Manifest(t.Context())
	if want, _ := img.MediaType(); err != nil || string(got) != raw(t, img) || mediaType != string(want) {
		t.Fatalf("%s, %v", mediaType, err)
	}
	if d, _ := img.Digest(); s.Tagged() != image.Digest(d.String()) {
		t.Errorf("it is %s", s.Tagged())
	}
	layers, err := blobsOf(img)
	if err != nil || len(layers) != 4 {
		t.Fatal(len(layers), err)
	}
	for _, l := range layers {
		d, _ := l.Digest()
		size, _ := l.Size()
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range []int64{0, 1, size - 1, size} {
			got, err := readAll(t, s, image.Digest(d.String()), size, offset)
			if err != nil || !bytes.Equal(got, want[offset:]) {
				t.Errorf("%s from %d: %d bytes, %v", d, offset, len(got), err)
			}
		}
	}
	if n, m := server.Count("GET", "/manifests/"), server.Count("GET", "/blobs/"); n != 1 || m != 3*len(layers) { // nothing is asked for at the end
		t.Errorf("%d manifests and %d blobs were fetched", n, m)
	}
}

// Go's client unpacks what a server has packed for the way, when that was its own idea; a blob is what its digest says.
func TestBlobsAreNotPackedForTheWay(t *testing.T) {
	server, _, u := stored(t)
	d, size := firstBlob(t, u)
	asked := make(chan string, 1)
	server.Fail(fake.Rule{Path: "/blobs/", Times: 1, Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		asked <- r.Header.Get("Accept-Encoding")
		next.ServeHTTP(w, r)
	}})
	if got, err := readAll(t, u.open(t), d, size, 0); err != nil || int64(len(got)) != size {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if encoding := <-asked; encoding != "" {
		t.Errorf("it accepts %s", encoding)
	}
}

// A pull with the policy "newer" asks for the digest, and fetches nothing.
func TestHeadSaysWhatANameStandsFor(t *testing.T) {
	server, img, u := stored(t)
	d, _ := img.Digest()
	want := image.Digest(d.String())
	if got, err := u.open(t).Head(t.Context()); err != nil || got != want || server.Count("GET", "/manifests/") != 0 {
		t.Errorf("%s, %v, %v", got, err, server.Requests())
	}
	for _, f := range []fake.Fault{fake.Header("Docker-Content-Digest", ""), fake.Header("Docker-Content-Digest", "sha256:x"), fake.Status(405, "")} {
		server.Fail(fake.Rule{Method: "HEAD", Path: "/manifests/", Do: f})
		server.Forget()
		if got, err := u.open(t).Head(t.Context()); err != nil || got != want || server.Count("GET", "/manifests/") != 1 {
			t.Errorf("%s, %v, %v", got, err, server.Requests())
		}
		server.Heal()
	}
	u.Name = parse(t, server.Host+"/a/b:2")
	if _, err := u.open(t).Head(t.Context()); !NotFound(err) {
		t.Error(err)
	}
}

func TestTagsAreListedPageByPage(t *testing.T) {
	server, _, u := stored(t)
	server.Image(t, "a/b:2", makeImage(t))
	more := fake.Answer("application/json", []byte(`{"tags":["3"]}`))
	server.Fail(fake.Rule{Path: "/tags/list", Times: 1, Do: fake.Header("Link", `</v2/a/b/tags/list?n=2&last=2>; rel="next"`)})
	server.Fail(fake.Rule{Path: "/tags/list", Do: more})
	got, err := Tags(t.Context(), u.Options)
	if err != nil || len(got) != 3 || got[0] != "1" || got[2] != "3" {
		t.Errorf("%q, %v", got, err)
	}
	if last := server.Requests()[len(server.Requests())-1]; last.Query != "n=2&last=2" {
		t.Error(last)
	}
	server.Heal()
	// A registry that sends in a circle, or on to another one, is followed neither way.
	server.Fail(fake.Rule{Path: "/tags/list", Do: fake.Header("Link", `<https://192.0.2.1/v2/a/b/tags/list?n=1000>; rel="next"`)})
	if got, err := Tags(t.Context(), u.Options); err != nil || len(got) != 2 {
		t.Errorf("%q, %v", got, err)
	}
	server.Heal()
	server.Fail(fake.Rule{Path: "/tags/list", Do: fake.Answer("text/html", []byte("<html>"))})
	_, err = Tags(t.Context(), u.Options)
	has(t, err, "list the tags from "+server.Host, "no list of tags")
}
