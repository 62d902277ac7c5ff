package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// direct puts things into the registry without the network, so that faults and passwords do not matter and nothing is counted.
type direct struct{ to http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.to.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

// Image puts an image there: Image(t, "a/b:1", img). It gives back the whole name.
func (s *Server) Image(t testing.TB, ref string, img v1.Image) string {
	t.Helper()
	to, err := name.ParseReference(s.Host+"/"+ref, name.Insecure)
	if err == nil {
		err = remote.Write(to, img, remote.WithTransport(direct{s.store}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.Host + "/" + ref
}

// Index puts an index and its images there.
func (s *Server) Index(t testing.TB, ref string, index v1.ImageIndex) string {
	t.Helper()
	to, err := name.ParseReference(s.Host+"/"+ref, name.Insecure)
	if err == nil {
		err = remote.WriteIndex(to, index, remote.WithTransport(direct{s.store}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.Host + "/" + ref
}

// Blob puts bytes into a repository and gives their digest.
func (s *Server) Blob(t testing.TB, repository string, content []byte) string {
	t.Helper()
	digest := Digest(content)
	s.put(t, http.MethodPost, "/v2/"+repository+"/blobs/uploads/?digest="+digest, "application/octet-stream", content)
	return digest
}

// Manifest puts bytes there as a manifest, whatever they are: tag may be a digest. It gives the digest of what it put.
func (s *Server) Manifest(t testing.TB, repository, tag, mediaType string, raw []byte) string {
	t.Helper()
	s.put(t, http.MethodPut, "/v2/"+repository+"/manifests/"+tag, mediaType, raw)
	return Digest(raw)
}

func (s *Server) put(t testing.TB, method, path, mediaType string, content []byte) {
	t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(content))
	r.Header.Set("Content-Type", mediaType)
	w := httptest.NewRecorder()
	s.store.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, strings.TrimSpace(w.Body.String()))
	}
}

// Digest is the digest of bytes.
func Digest(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}
