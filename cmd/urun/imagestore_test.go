package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// digest is that of a text, which stands for what is in a blob.
func digest(text string) image.Digest {
	sum := sha256.Sum256([]byte(text))
	return image.Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// withImages makes a store with three images in it, for the verbs as well: alpine, which is fifty hours old and has two names;
// nginx, which is older, has labels, a volume, a port and a history; and one without a name.
func withImages(t *testing.T) image.Store {
	t.Helper()
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	s := images()
	ago := func(hours time.Duration) string { return time.Now().Add(-hours * time.Hour).UTC().Format(time.RFC3339) }
	addImage(t, s, image.Record{Created: ago(50), Platform: "linux/amd64", Config: image.Config{Cmd: []string{"/bin/sh"}, Env: []string{"PATH=/bin"}}}, "alpine", 8_300_000)
	addImage(t, s, image.Record{Created: ago(100 * 24), Platform: "linux/arm64/v8", Config: image.Config{
		Entrypoint: []string{"/start"}, Cmd: []string{"nginx"}, User: "nginx", WorkingDir: "/srv", Volumes: []string{"/cache"}, ExposedPorts: []string{"80/tcp"},
		Labels: map[string]string{"tier": "front"}, StopSignal: "SIGQUIT",
	}}, "nginx", 140_000_000, 47_250_000, 999)
	addImage(t, s, image.Record{Created: "", Platform: "linux/amd64"}, "nobody", 12)
	for name, of := range map[string]string{
		"docker.io/library/alpine:3.20": "alpine", "localhost/mine:latest": "alpine", "quay.io/me/nginx:1.27": "nginx",
	} {
		if err := s.Tag(name, digest("manifest of "+of), ""); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// addImage puts an image into the store: its record, its configuration and its manifest. Nothing is in its layers.
func addImage(t *testing.T, s image.Store, r image.Record, text string, sizes ...int64) {
	t.Helper()
	config, err := json.Marshal(map[string]any{"author": text + "'s", "history": []map[string]any{
		{"created": "2026-01-02T03:04:05Z", "created_by": "ADD " + text + "\x1b[2J in /", "comment": "the first"},
		{"created": "2026-01-02T03:04:06Z", "created_by": "ENV A=b", "empty_layer": true},
		{"created": "2026-01-02T03:04:07Z", "created_by": "RUN make"},
	}})
	if err == nil {
		err = s.Make()
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Manifest, r.MediaType, r.ID = digest("manifest of "+text), "application/vnd.oci.image.manifest.v1+json", digest(string(config)).Hex()
	for i, size := range sizes {
		d := digest(text + string(rune('0'+i)))
		r.Layers = append(r.Layers, image.Layer{Blob: d, Type: "application/vnd.oci.image.layer.v1.tar+gzip", DiffID: d, Chain: d, Packed: size / 2, Size: size})
	}
	for d, b := range map[image.Digest][]byte{digest(string(config)): config, r.Manifest: []byte(`{"annotations":{"org.opencontainers.image.title":"` + text + `"}}`)} {
		if err := os.WriteFile(s.Blob(d), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Save(r, nil, nil); err != nil {
		t.Fatal(err)
	}
}
