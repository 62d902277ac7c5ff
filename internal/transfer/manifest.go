package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/urun-project/urun/internal/image"
)

// manifest is one of OCI or of docker's schema 2, which mean the same.
type manifest struct {
	config descriptor
	layers []descriptor
}

// The media types of a configuration that makes a container.
var configTypes = []string{"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", ""}

// largestConfig is more than any configuration has: it is read into memory.
const largestConfig = 8 << 20

// most layers that an image may have: a tree is mounted for each.
const mostLayers = 500

func parseManifest(raw []byte) (m manifest, err error) {
	var j struct {
		SchemaVersion int             `json:"schemaVersion"`
		Config        *jsonDescriptor `json:"config"`
		Layers        []jsonDescriptor
		Manifests     json.RawMessage
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return m, err
	}
	switch {
	case j.SchemaVersion != 2:
		return m, fmt.Errorf("it is of schema version %d, and urun knows 2 alone", j.SchemaVersion)
	case j.Config == nil || j.Manifests != nil:
		return m, errors.New("it is not that of an image")
	case !slices.Contains(configTypes, j.Config.MediaType):
		return m, fmt.Errorf("it has a configuration of type %s, so it is no image of a container", strconv.Quote(j.Config.MediaType))
	case len(j.Layers) > mostLayers:
		return m, fmt.Errorf("it has %d layers, and an image may have %d", len(j.Layers), mostLayers)
	}
	if m.config, err = j.Config.checked(); err != nil {
		return m, fmt.Errorf("the configuration: %w", err)
	}
	if m.config.Size > largestConfig {
		return m, fmt.Errorf("the configuration has %d bytes, and %d are the most", m.config.Size, largestConfig)
	}
	for i, l := range j.Layers {
		d, err := l.checked()
		if err != nil {
			return m, fmt.Errorf("layer %d: %w", i+1, err)
		}
		m.layers = append(m.layers, d)
	}
	return m, nil
}

type jsonDescriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

func (j jsonDescriptor) checked() (descriptor, error) {
	d, err := image.ParseDigest(j.Digest)
	if err == nil && j.Size < 0 {
		err = fmt.Errorf("a size of %d bytes", j.Size)
	}
	return descriptor{Digest: d, Size: j.Size, Type: j.MediaType}, err
}
