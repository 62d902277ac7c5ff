package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

// descriptor is OCI's and docker's.
type descriptor struct {
	MediaType   types.MediaType   `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *image.Platform   `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// document is an index or a manifest: which of them must not depend on who reads it (CVE-2021-41190).
type document struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType,omitempty"`
	Config        *descriptor     `json:"config,omitempty"`
	Layers        []descriptor    `json:"layers,omitempty"`
	Manifests     []descriptor    `json:"manifests,omitempty"`
}

func parseDocument(raw []byte, said types.MediaType) (d document, err error) {
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("it is no JSON of a manifest: %w", err)
	}
	if d.MediaType == "" {
		d.MediaType = said
	}
	if d.MediaType == "" && d.Manifests != nil {
		d.MediaType = types.OCIImageIndex
	}
	if d.MediaType == "" {
		d.MediaType = types.OCIManifestSchema1
	}
	isIndex, isManifest := slices.Contains(indexTypes, d.MediaType), slices.Contains(manifestTypes, d.MediaType)
	switch {
	case said != "" && d.MediaType != said:
		return d, fmt.Errorf("it says that it is %q, and what leads to it says %q", d.MediaType, said)
	case d.SchemaVersion != 2:
		return d, fmt.Errorf("it is of schema version %d, and 2 alone is known", d.SchemaVersion)
	case !isIndex && !isManifest:
		return d, fmt.Errorf("%w, but %q", errNotImage, d.MediaType)
	case isIndex && (d.Config != nil || d.Layers != nil), isManifest && d.Manifests != nil:
		return d, errors.New("it is an index and a manifest at once")
	case isManifest && d.Config == nil:
		return d, errors.New("it has no configuration")
	}
	return d, nil
}

// errNotImage is of manifests that are well-formed and of something else, such as a signature.
var errNotImage = errors.New("it is no image")

// check looks at what can be known of an image before its layers are read.
func check(raw []byte, said types.MediaType, in blobs) (types.MediaType, error) {
	d, err := parseDocument(raw, said)
	if err != nil {
		return "", err
	}
	if d.MediaType != "" && slices.Contains(indexTypes, d.MediaType) {
		return "", errors.New("it is an index and not a manifest")
	}
	if !slices.Contains(configTypes, d.Config.MediaType) {
		return "", fmt.Errorf("%w: its configuration is %q", errNotImage, d.Config.MediaType)
	}
	config, err := readDescribed(in, *d.Config)
	if err != nil {
		return "", fmt.Errorf("its configuration: %w", err)
	}
	if err := checkConfig(config, len(d.Layers)); err != nil {
		return "", fmt.Errorf("its configuration: %w", err)
	}
	for n, l := range d.Layers {
		if err := checkLayer(in, l); err != nil {
			return "", fmt.Errorf("layer %d: %w", n+1, err)
		}
	}
	return d.MediaType, nil
}

// checkConfig wants a digest for each layer.
func checkConfig(raw []byte, layers int) error {
	diffIDs, err := diffIDs(raw)
	if err == nil && len(diffIDs) != layers {
		err = fmt.Errorf("it is of %d layers, and the manifest has %d", len(diffIDs), layers)
	}
	return err
}

func diffIDs(config []byte) ([]image.Digest, error) {
	var c struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("it is no JSON of a configuration: %w", err)
	}
	list := make([]image.Digest, len(c.RootFS.DiffIDs))
	for i, s := range c.RootFS.DiffIDs {
		d, err := image.ParseDigest(s)
		if err != nil {
			return nil, err
		}
		list[i] = d
	}
	return list, nil
}

func checkLayer(in blobs, l descriptor) error {
	if !slices.Contains(layerTypes, l.MediaType) {
		return fmt.Errorf("%q is no type of a layer that is known", l.MediaType)
	}
	d, err := image.ParseDigest(l.Digest)
	if err != nil {
		return err
	}
	f, err := in.open(d)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Size() != l.Size {
		return errSize(d, f.Size(), l.Size)
	}
	return nil
}

// readDescribed reads what is small, and compares it with its descriptor.
func readDescribed(in blobs, d descriptor) ([]byte, error) {
	digest, err := image.ParseDigest(d.Digest)
	if err != nil {
		return nil, err
	}
	f, err := in.open(digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() != d.Size {
		return nil, errSize(digest, f.Size(), d.Size)
	}
	raw, err := readSmall(f, string(digest))
	if err != nil {
		return nil, err
	}
	if is := digestOf(raw); is != digest {
		return nil, errDigest(digest, is)
	}
	return raw, nil
}

func errDigest(said, is image.Digest) error {
	return fmt.Errorf("%s is damaged: its bytes have the digest %s", said, is)
}

func digestOf(b []byte) image.Digest {
	h := sha256.Sum256(b)
	return image.Digest("sha256:" + hex.EncodeToString(h[:]))
}
