package registry

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

// sent pushes and then looks at what the registry has.
func sent(t *testing.T, u *user, img v1.Image, p PushOptions) error {
	t.Helper()
	d, err := Push(t.Context(), u.Options, img, p)
	if err != nil {
		return err
	}
	if want, _ := img.Digest(); string(d) != want.String() {
		t.Errorf("it was sent as %s, and is %s", d, want)
	}
	s := u.open(t)
	got, _, err := s.Manifest(t.Context())
	if err != nil || string(got) != raw(t, img) {
		t.Fatalf("what was sent is not there: %v", err)
	}
	layers, err := blobsOf(img)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		d, _ := l.Digest()
		size, _ := l.Size()
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		want, _ := io.ReadAll(r)
		if got, err := readAll(t, s, image.Digest(d.String()), size, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", d, err)
		}
	}
	return nil
}

func TestAnImageIsSent(t *testing.T) {
	for _, kind := range []fake.Option{fake.Basic("u", "p"), fake.Token("u", "p")} {
		server := fake.New(t, kind)
		u := newUser(t, server.Host+"/a/b:1")
		u.Creds = "u:p"
		var mu sync.Mutex
		told := map[image.Digest][]Upload{}
		img := makeImage(t)
		progress := func(up Upload) { mu.Lock(); defer mu.Unlock(); told[up.Blob] = append(told[up.Blob], up) }
		if err := sent(t, u, img, PushOptions{Progress: progress}); err != nil {
			t.Fatal(err)
		}
		if len(told) != 4 {
			t.Errorf("%d blobs were told of", len(told))
		}
		for d, list := range told {
			if last := list[len(list)-1]; len(list) < 2 || last.Sent != last.Size || last.There || last.Blob != d {
				t.Errorf("%+v", list)
			}
		}
		// Again: the registry has all of it.
		clear(told)
		server.Forget()
		if err := sent(t, u, img, PushOptions{Progress: progress}); err != nil || server.Count("POST", "") != 0 {
			t.Errorf("%v, %v", err, server.Requests())
		}
		for _, list := range told {
			if len(list) != 1 || !list[0].There {
				t.Errorf("%+v", list)
			}
		}
	}
}

// What is in another repository of the same registry is taken from there, and with a token for it.
func TestLayersAreTakenFromAnotherRepository(t *testing.T) {
	server, img, u := stored(t, fake.Token("u", "p"))
	u.Creds = "u:p"
	u.Name = parse(t, server.Host+"/c/d:1")
	server.Fail(fake.Rule{Method: "HEAD", Path: "/v2/c/d/blobs/", Do: fake.Status(404, "")}) // in this one, all repositories have the same blobs
	from := []image.Name{parse(t, "docker.io/a/b:1"), u.Name, parse(t, server.Host+"/a/b:1")}
	if _, err := Push(t.Context(), u.Options, img, PushOptions{From: from}); err != nil {
		t.Fatal(err)
	}
	mounts, scopes := 0, ""
	for _, r := range server.Requests() {
		if r.Method == "POST" && strings.Contains(r.Query, "from=a%2Fb") {
			mounts++
		}
		if r.Path == "/token" && scopes == "" {
			scopes = r.Query
		}
	}
	if mounts != 4 || !strings.Contains(scopes, "scope=repository%3Ac%2Fd%3Apush%2Cpull&scope=repository%3Aa%2Fb%3Apull") {
		t.Errorf("%d mounts, for %s", mounts, scopes)
	}
}

// A blob that broke off is sent anew from its beginning, and only that one.
func TestUploadsAreTriedAgain(t *testing.T) {
	for name, rule := range map[string]fake.Rule{
		"in the middle":    {Method: "PATCH", Do: fake.ResetUpload(100)},
		"before it":        {Method: "POST", Do: fake.Status(503, "")},
		"when it is named": {Method: "PUT", Path: "/blobs/", Do: fake.Status(500, "")},
		"asked for it":     {Method: "HEAD", Do: fake.Status(502, "")},
		"the manifest":     {Method: "PUT", Path: "/manifests/", Do: fake.Status(429, "")},
		"the first word":   {Path: "/v2/", Do: fake.Status(503, "")},
	} {
		server := fake.New(t)
		u := newUser(t, server.Host+"/a/b:1")
		rule.Times = 2
		server.Fail(rule)
		if err := sent(t, u, makeImage(t), PushOptions{}); err != nil || len(u.waits) != 2 {
			t.Errorf("%s: %v after %v", name, err, u.waits)
		}
		rule.Times = 0
		server.Fail(rule)
		u.Name.Tag = "2"
		if _, err := Push(t.Context(), u.Options, makeImage(t), PushOptions{}); err == nil || !strings.Contains(err.Error(), " to "+server.Host+": ") {
			t.Errorf("%s, for good: %v", name, err)
		}
	}
}

func TestUploadsHeedRetryAfter(t *testing.T) {
	server := fake.New(t)
	u := newUser(t, server.Host+"/a/b:1")
	server.Fail(fake.Rule{Method: "PATCH", Times: 1, Do: fake.Status(429, "9")})
	if err := sent(t, u, makeImage(t), PushOptions{}); err != nil || len(u.waits) != 1 || u.waits[0] < 9*time.Second || u.waits[0] > 10*time.Second {
		t.Errorf("%v after %v", err, u.waits)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	server := fake.New(t)
	u := newUser(t, server.Host+"/a/b:1")
	img := makeImage(t)
	server.Fail(fake.Rule{Method: "POST", Do: fake.Status(403, "")})
	_, err := Push(t.Context(), u.Options, img, PushOptions{})
	has(t, err, "send the blob ", " to "+server.Host+": 403 Forbidden (denied: so it was told): no credentials for "+server.Host, "podman login")
	server.Heal()
	server.Fail(fake.Rule{Method: "PATCH", Do: fake.Status(413, "")})
	_, err = Push(t.Context(), u.Options, img, PushOptions{})
	has(t, err, "413 Request Entity Too Large", "limits the size of a request")
	if !Denied(err) && len(u.waits) > 0 {
		t.Errorf("tried again after %v", u.waits)
	}
	server.Heal()
	if _, err := Push(t.Context(), u.Options, unreadable{img}, PushOptions{}); !errors.Is(err, errUnreadable) || server.Count("PUT", "/manifests/") > 0 {
		t.Errorf("%v", err)
	}
	u.Name.Tag, u.Name.Digest = "", image.Digest("sha256:"+strings.Repeat("0", 64))
	_, err = Push(t.Context(), u.Options, img, PushOptions{})
	has(t, err, "it cannot be sent to "+server.Host+"/a/b@sha256:0")
}

var errUnreadable = errors.New("the disk is broken")

// unreadable is an image whose layers cannot be read.
type unreadable struct{ v1.Image }

type unreadableLayer struct{ v1.Layer }

func (u unreadable) Layers() (list []v1.Layer, err error) {
	layers, err := u.Image.Layers()
	for _, l := range layers {
		list = append(list, unreadableLayer{l})
	}
	return list, err
}

func (unreadableLayer) Compressed() (io.ReadCloser, error) { return nil, errUnreadable }
