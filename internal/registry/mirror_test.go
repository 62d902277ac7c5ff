package registry

import (
	"fmt"
	"strings"
	"testing"

	fake "github.com/urun-project/urun/test/registry"
)

// mirrors is a registry with an image, and a mirror of it.
func mirrors(t *testing.T) (registry, mirror *fake.Server, want string, u *user) {
	t.Helper()
	registry, img, u := stored(t)
	mirror = fake.New(t)
	mirror.Image(t, "copy/a/b:1", img)
	u.write(t, ".config/containers/registries.conf", fmt.Sprintf("[[registry]]\nlocation = %q\n[[registry.mirror]]\nlocation = %q\n", registry.Host, mirror.Host+"/copy"))
	return registry, mirror, raw(t, img), u
}

func TestAMirrorIsAskedFirst(t *testing.T) {
	registry, mirror, want, u := mirrors(t)
	s := u.open(t)
	if got, _, err := s.Manifest(t.Context()); err != nil || string(got) != want || len(registry.Requests()) > 0 {
		t.Errorf("%v, %v", err, registry.Requests())
	}
	d, size := firstBlob(t, u)
	if got, err := readAll(t, s, d, size, 0); err != nil || int64(len(got)) != size || mirror.Count("GET", "/v2/copy/a/b/blobs/") != 1 {
		t.Errorf("%v, %v", err, mirror.Requests())
	}
}

// Whatever is wrong with a mirror, the registry has the image; it is said once, and no time is lost with waiting.
func TestAMirrorThatFailsIsLeftOut(t *testing.T) {
	for name, fault := range map[string]fake.Fault{
		"absent": fake.Status(404, ""), "denied": fake.Status(401, ""), "broken": fake.Status(503, "100"), "reset": fake.Reset(3), "wrong": fake.Answer("text/html", []byte("<html>")),
	} {
		registry, mirror, want, u := mirrors(t)
		mirror.Fail(fake.Rule{Path: "/manifests/", Do: fault})
		if got, err := u.manifest(t); err != nil || got != want || len(u.waits) > 0 || len(u.notices) != 1 || !strings.HasPrefix(u.notices[0], "the mirror "+mirror.Host+"/copy/a/b is left out: get the manifest from "+mirror.Host) {
			t.Errorf("%s: %v, %q", name, err, u.notices)
		}
		s := u.open(t)
		if _, _, err := s.Manifest(t.Context()); err != nil {
			t.Error(err)
		}
		digest, size := firstBlob(t, u)
		if _, err := readAll(t, s, digest, size, 0); err != nil || mirror.Count("GET", "/blobs/") != 0 {
			t.Errorf("%s, a blob: %v, %v", name, err, mirror.Requests())
		}
		registry.Fail(fake.Rule{Path: "/manifests/", Do: fake.Status(404, "")})
		if _, err := u.manifest(t); !NotFound(err) || !strings.Contains(err.Error(), "from "+registry.Host) {
			t.Errorf("%s, and the registry: %v", name, err)
		}
	}
}

func TestAMirrorThatFailsWithABlobIsLeft(t *testing.T) {
	for name, fault := range map[string]fake.Fault{"absent": fake.Status(404, ""), "truncated": fake.Truncate(7), "longer": fake.Lengthen(1)} {
		_, mirror, _, u := mirrors(t)
		d, size := firstBlob(t, u)
		s := u.open(t)
		if _, _, err := s.Manifest(t.Context()); err != nil {
			t.Fatal(err)
		}
		mirror.Fail(fake.Rule{Path: "/blobs/", Do: fault})
		got, err := readAll(t, s, d, size, 0)
		if name == "absent" != (err == nil) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if got, err := readAll(t, s, d, size, 7); err != nil || int64(len(got)) != size-7 || len(u.notices) != 1 || mirror.Count("GET", "/blobs/") != 1 {
			t.Errorf("%s, the next one: %v, %q", name, err, u.notices)
		}
	}
}

// A password for the registry is none for its mirrors.
func TestCredsAreNotForMirrors(t *testing.T) {
	_, mirror, _, u := mirrors(t)
	u.Creds = "u:p"
	if _, err := u.manifest(t); err != nil {
		t.Fatal(err)
	}
	for _, r := range mirror.Requests() {
		if r.Authorization != "" {
			t.Error(r)
		}
	}
}
