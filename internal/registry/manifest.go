package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

const (
	manifestMost = 4 << 20 // bytes of a manifest: what OCI's specification has registries take
	below        = 16      // so many documents are fetched below an index
)

// document is a manifest or an index as it came.
type document struct {
	raw       []byte
	mediaType string
	digest    image.Digest
	parsed    probe
}

// probe is enough of either to know which it is.
type probe struct {
	SchemaVersion int
	MediaType     string
	Config        *v1.Descriptor
	Layers        []json.RawMessage
	Manifests     []v1.Descriptor
	FSLayers      []json.RawMessage `json:"fsLayers"`
}

func (d document) index() bool { return d.parsed.Manifests != nil }

// accepted are asked for. Schema 1 is among them so that it can be named: a registry that has nothing else would say that there is nothing.
var accepted = []string{
	string(types.OCIManifestSchema1), string(types.OCIImageIndex), string(types.DockerManifestSchema2), string(types.DockerManifestList),
	string(types.DockerManifestSchema1Signed) + ";q=0.1", string(types.DockerManifestSchema1) + ";q=0.1",
}

// fetch gets a document by a tag or a digest. size < 0: not known.
func (e *endpoint) fetch(ctx context.Context, ref string, want image.Digest, size int64) (document, error) {
	answer, err := e.get(ctx, http.MethodGet, "/manifests/"+ref, http.Header{"Accept": {strings.Join(accepted, ", ")}}, http.StatusOK)
	if err != nil {
		return document{}, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, manifestMost+1))
	if err != nil {
		return document{}, err
	}
	h := sha256.Sum256(raw)
	d := document{raw: raw, digest: image.Digest("sha256:" + hex.EncodeToString(h[:]))}
	switch {
	case len(raw) > manifestMost:
		return d, lies("the manifest is longer than %d MiB", manifestMost>>20)
	case size >= 0 && int64(len(raw)) != size:
		return d, lies("the index says that the manifest has %d bytes, and %d came", size, len(raw))
	case want != "" && d.digest != want:
		return d, lies("what came for %s has the digest %s: the registry, or something before it, has changed it", want, d.digest)
	}
	return d, d.parse(answer.Header.Get("Content-Type"))
}

// parse finds out what it is. What could be read in two ways is neither (CVE-2021-41190): who has signed one would not have seen the other.
func (d *document) parse(contentType string) error {
	if err := json.Unmarshal(d.raw, &d.parsed); err != nil {
		return lies("what came is no manifest: %v", err)
	}
	p := d.parsed
	isImage := p.Config != nil || p.Layers != nil
	said, _, _ := mime.ParseMediaType(contentType)
	switch {
	case p.SchemaVersion == 1 || p.FSLayers != nil:
		return lies("the image is in docker's schema 1, which has no digests that can be checked: have it pushed again with a tool of today, such as skopeo copy")
	case d.index() == isImage:
		return lies("what came is no manifest of an image (%s)", cmp.Or(p.MediaType, said, "without a media type"))
	case p.MediaType != "" && types.MediaType(p.MediaType).IsIndex() != d.index():
		return lies("what came says that it is %s, and is something else", p.MediaType)
	}
	d.mediaType = p.MediaType
	if d.mediaType == "" && types.MediaType(said).IsIndex() == d.index() && slices.Contains(accepted, said) {
		d.mediaType = said
	}
	if d.mediaType == "" { // OCI's may be without
		d.mediaType = string(types.OCIManifestSchema1)
		if d.index() {
			d.mediaType = string(types.OCIImageIndex)
		}
	}
	return nil
}
