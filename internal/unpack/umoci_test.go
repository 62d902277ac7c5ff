package unpack

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// umoci gives what umoci(1) makes of a layer, or its error.
func umoci(t *testing.T, c userns.Choice, layer []byte) (tree, refused string) {
	t.Helper()
	dir := kit.Dir(t)
	layout := layoutOf(t, filepath.Join(dir, "layout"), layer)
	out := filepath.Join(dir, "out")
	t.Cleanup(func() { must(t, inside.Remove(out, c)) })
	r := testenv.Finish(t, exec.Command("umoci", "raw", "unpack", "--rootless", "--image", layout+":latest", out))
	if r.Status != 0 {
		return "", r.Stderr
	}
	return sortedLines(short(listing(t, c, out))), ""
}

// layoutOf writes an image of one layer as OCI's image layout.
func layoutOf(t testing.TB, dir string, layer []byte) string {
	t.Helper()
	must(t, os.MkdirAll(dir+"/blobs/sha256", 0o755))
	type descriptor map[string]any
	blob := func(kind string, b []byte) descriptor {
		sum := fmt.Sprintf("%x", sha256.Sum256(b))
		must(t, os.WriteFile(dir+"/blobs/sha256/"+sum, b, 0o644))
		return descriptor{"mediaType": kind, "digest": "sha256:" + sum, "size": len(b)}
	}
	text := func(v any) []byte {
		b, err := json.Marshal(v)
		must(t, err)
		return b
	}
	const oci = "application/vnd.oci.image."
	config := blob(oci+"config.v1+json", text(descriptor{
		"architecture": runtime.GOARCH, "os": "linux", "config": descriptor{},
		"rootfs":  descriptor{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
		"history": []descriptor{{"created_by": "test"}},
	}))
	manifest := blob(oci+"manifest.v1+json", text(descriptor{
		"schemaVersion": 2, "mediaType": oci + "manifest.v1+json", "config": config, "layers": []descriptor{blob(oci+"layer.v1.tar+gzip", zipped(t, layer))},
	}))
	manifest["annotations"] = descriptor{"org.opencontainers.image.ref.name": "latest"}
	must(t, os.WriteFile(dir+"/index.json", text(descriptor{"schemaVersion": 2, "manifests": []descriptor{manifest}}), 0o644))
	must(t, os.WriteFile(dir+"/oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644))
	return dir
}
