package registry

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	fake "github.com/urun-project/urun/test/registry"
)

// A blob is exactly what was announced, or an error: a server decides neither how much is read nor how much is missing.
func TestBlobsOfTheWrongLength(t *testing.T) {
	server, _, u := stored(t)
	d, size := firstBlob(t, u)
	for name, tt := range map[string]struct {
		fault     fake.Fault
		got       int64
		again     bool
		say       string
		announced int64 // by the manifest
	}{
		"longer, in chunks":  {fake.Lengthen(1000), size, false, "sends more of it than the manifest says", size},
		"longer":             {fake.Change(func(b []byte) []byte { return append(b, 1) }), 0, false, fmt.Sprintf("the manifest says that it has %d bytes, and the registry %d", size, size+1), size},
		"shorter":            {fake.Change(func(b []byte) []byte { return b[1:] }), 0, false, fmt.Sprint("and the registry ", size-1), size},
		"truncated":          {fake.Truncate(100), 100, true, "unexpected EOF", size},
		"reset":              {fake.Reset(100), 100, true, "connection reset by peer", size},
		"announces too much": {fake.Length(7), 0, false, fmt.Sprint("and the registry ", size+7), size},
		"announced too long": {fake.Header("", ""), 0, false, fmt.Sprint("and the registry ", size), size + 5},
		"no end, in chunks":  {fake.Lengthen(0), size, true, "unexpected EOF", size + 5},
	} {
		t.Run(name, func(t *testing.T) {
			server.Fail(fake.Rule{Path: "/blobs/", Do: tt.fault})
			defer server.Heal()
			got, err := readAll(t, u.open(t), d, tt.announced, 0)
			if int64(len(got)) != tt.got || Temporary(err) != tt.again {
				t.Errorf("%d bytes, temporary %v, %v", len(got), Temporary(err), err)
			}
			has(t, err, "get the blob "+d.Hex()[:12]+" from "+server.Host+": ", tt.say)
		})
	}
}

func TestTheRestOfABlob(t *testing.T) {
	server, _, u := stored(t)
	d, size := firstBlob(t, u)
	for name, f := range map[string]fake.Fault{
		"ignores it": fake.NoRange(), "another part": fake.Header("Content-Range", "bytes 0-99/100"), "no part": fake.Header("Content-Range", ""), "416": fake.Status(416, ""),
	} {
		server.Fail(fake.Rule{Path: "/blobs/", Do: f})
		if _, err := readAll(t, u.open(t), d, size, 10); !errors.Is(err, ErrNoRange) {
			t.Errorf("%s: %v", name, err)
		}
		server.Heal()
	}
	if _, err := readAll(t, u.open(t), "sha256:"+d[len(d)-64:len(d)-4]+"0000", size, 0); !NotFound(err) || Temporary(err) {
		t.Error(err)
	}
}

// Whatever is no manifest of the image that was asked for is refused, with the reason.
func TestManifestsThatAreNone(t *testing.T) {
	server, img, u := stored(t)
	const oci = "application/vnd.oci.image.manifest.v1+json"
	for body, say := range map[string]string{
		`<html>`: "is no manifest: ", `{}`: "is no manifest of an image", `[]`: "is no manifest: ",
		`{"schemaVersion":1,"name":"a/b","fsLayers":[{"blobSum":"sha256:0"}]}`:                                  "docker's schema 1",
		`{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}`:                                            "no manifest of an image",
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":{},"layers":[]}`:     "says that it is application/vnd.oci.image.index.v1+json, and is something else",
		`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","manifests":[]}`: "and is something else",
		`{"schemaVersion":2,"config":{"digest":7},"layers":[]}`:                                                 "is no manifest: ",
		strings.Repeat(" ", manifestMost+1):                                                                     "longer than 4 MiB",
	} {
		server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Answer(oci, []byte(body))})
		_, err := u.manifest(t)
		has(t, err, "get the manifest from "+server.Host+": ", say)
		if len(u.waits) > 0 {
			t.Errorf("%s was tried again", body)
		}
		server.Heal()
	}
	d, _ := img.Digest()
	u.Name = parse(t, server.Host+"/a/b@"+d.String())
	if got, err := u.manifest(t); err != nil || got != raw(t, img) {
		t.Errorf("by its digest: %v", err)
	}
	server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Corrupt()})
	_, err := u.manifest(t)
	has(t, err, "what came for "+d.String()+" has the digest sha256:")
}

func TestMediaTypesThatAreLeftOut(t *testing.T) {
	server := fake.New(t)
	for i, tt := range []struct{ body, header, want string }{
		{`{"schemaVersion":2,"config":{},"layers":[]}`, "", "application/vnd.oci.image.manifest.v1+json"},
		{`{"schemaVersion":2,"config":{},"layers":[]}`, "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8", "application/vnd.docker.distribution.manifest.v2+json"},
		{`{"schemaVersion":2,"config":{},"layers":[]}`, "text/plain", "application/vnd.oci.image.manifest.v1+json"},
		{`{"schemaVersion":2,"config":{},"layers":[]}`, "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"},
		{`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{},"layers":[]}`, "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"},
	} {
		server.Manifest(t, "a/b", fmt.Sprint(i), "application/vnd.oci.image.manifest.v1+json", []byte(tt.body))
		server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Answer(tt.header, []byte(tt.body))})
		u := newUser(t, fmt.Sprintf("%s/a/b:%d", server.Host, i))
		if _, got, err := u.open(t).Manifest(t.Context()); err != nil || got != tt.want {
			t.Errorf("%s as %q: %s, %v", tt.body, tt.header, got, err)
		}
		server.Heal()
	}
}

// Text of a server reaches a terminal, so it cannot be obeyed there.
func TestWhatAServerSaysIsPrintable(t *testing.T) {
	server, _, u := stored(t)
	server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Redirect("https://127.0.0.1:1/\x1b[2J")})
	u.Retry.Times = -1
	_, err := u.manifest(t)
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
		t.Errorf("%q", err)
	}
	if Temporary(&Error{Doing: "x", Err: lies("it says http2: stream error: ")}) {
		t.Error("a server's words decide what is tried again")
	}
	e := &Error{Doing: "x", Err: &answer{400, "a\x1b[31m\nb\u202ec" + strings.Repeat("d", 1000)}}
	if s := e.Error(); !strings.HasPrefix(s, "x: 400 Bad Request (a?[31m b?c") || len(s) > 520 {
		t.Errorf("%q", s)
	}
}
