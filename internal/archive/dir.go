package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/urun-project/urun/internal/image"
)

// readDir reads what skopeo copy writes into dir:DIR: manifest.json, and beside it each blob under its digits. With several
// platforms manifest.json is an index, and the manifests are HEX.manifest.json.
func readDir(in files, want image.Platform) ([]*Image, error) {
	raw, err := read(in, "manifest.json")
	if err != nil {
		return nil, err
	}
	doc, err := parseDocument(raw, "")
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	b := blobFiles{in, ""}
	if slices.Contains(indexTypes, doc.MediaType) {
		l := layout{in: manifestFiles{in}, want: want}
		var d descriptor
		if raw, d, err = l.choose(doc.Manifests, 1); err != nil {
			return nil, err
		}
		doc.MediaType = d.MediaType
	}
	kind, err := check(raw, doc.MediaType, b)
	if err != nil {
		return nil, err
	}
	return []*Image{{manifest: raw, mediaType: string(kind), blobs: b}}, nil
}

// manifestFiles are those of an index's manifests.
type manifestFiles struct{ files }

func (m manifestFiles) open(d image.Digest) (file, error) {
	f, err := m.files.open(d.Hex() + ".manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing(d)
	}
	return f, err
}

func (m manifestFiles) unsure() bool { return false }
