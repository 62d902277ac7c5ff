package archive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

const (
	refName        = "org.opencontainers.image.ref.name" // a tag, or with podman a whole name
	containerdName = "io.containerd.image.name"          // a whole name, as docker and buildkit write it beside a tag
)

// readOCI reads an OCI image layout.
func readOCI(in files, ref string, want image.Platform) ([]*Image, error) {
	if raw, err := read(in, "oci-layout"); err == nil {
		if err := checkLayout(raw); err != nil {
			return nil, err
		}
	}
	raw, err := read(in, "index.json")
	if err != nil {
		return nil, err
	}
	d, err := parseDocument(raw, types.OCIImageIndex)
	if err == nil && len(d.Manifests) > mostImages {
		err = fmt.Errorf("it has %d images, and %d are the most", len(d.Manifests), mostImages)
	}
	if err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	list, err := pick(d.Manifests, ref)
	if err != nil {
		return nil, err
	}
	l := layout{in: blobFiles{in, "blobs/sha256/"}, want: want}
	return l.images(list)
}

// checkLayout looks at the version; a directory without the file oci-layout is taken as well.
func checkLayout(raw []byte) error {
	var v struct {
		Version string `json:"imageLayoutVersion"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("oci-layout: %w", err)
	}
	if !strings.HasPrefix(v.Version, "1.") {
		return fmt.Errorf("oci-layout: the version is %q, and 1 alone is known", v.Version)
	}
	return nil
}

// pick finds what is asked for.
func pick(all []descriptor, ref string) (list []descriptor, err error) {
	if at, ok := strings.CutPrefix(ref, "@"); ok {
		n, err := strconv.Atoi(at)
		if err != nil || n < 0 || n >= len(all) {
			return nil, fmt.Errorf("there is no %s: it has %d images, from @0 on", ref, len(all))
		}
		return all[n : n+1], nil
	}
	for _, d := range all {
		if ref == "" || slices.Contains([]string{d.Annotations[refName], d.Annotations[containerdName], d.Digest}, ref) || slices.Contains(namesOf(d), ref) {
			list = append(list, d)
		}
	}
	if len(list) == 0 && len(all) > 0 {
		return nil, fmt.Errorf("there is no image %q in it: there are %s", ref, strings.Join(refs(all), ", "))
	}
	return list, nil
}

func refs(all []descriptor) (list []string) {
	for i, d := range all {
		switch name := d.Annotations[refName]; {
		case i == 20:
			return append(list, "...")
		case name == "":
			list = append(list, "@"+strconv.Itoa(i))
		default:
			list = append(list, strconv.Quote(name))
		}
	}
	return list
}
