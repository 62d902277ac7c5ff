package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/internal/image"
)

// descent is the way from an index to the manifest of a platform.
type descent struct {
	*endpoint
	want    image.Platform
	fetched int
}

func (s *descent) resolve(ctx context.Context, d document) (document, error) {
	if !d.index() {
		return d, nil
	}
	list := d.parsed.Manifests
	none := &noPlatform{want: s.want}
	best, fits := 0, 0
	for i, m := range list {
		if m.Platform == nil || m.Platform.OS == "unknown" { // unknown/unknown is what buildkit knows about a build
			continue
		}
		p := image.Platform{OS: m.Platform.OS, Architecture: m.Platform.Architecture, Variant: m.Platform.Variant}
		none.there = append(none.there, p.String())
		if n := p.Fits(s.want); n > fits {
			best, fits = i, n
		}
	}
	if fits > 0 {
		return s.down(ctx, list[best])
	}
	for _, m := range list {
		// An index without a platform may have them below it, and a single image is the only choice.
		if m.Platform != nil || !m.MediaType.IsIndex() && len(list) > 1 {
			continue
		}
		found, err := s.down(ctx, m)
		var neither *noPlatform
		if !errors.As(err, &neither) {
			return found, err
		}
		none.there = append(none.there, neither.there...)
	}
	return d, none
}

func (s *descent) down(ctx context.Context, m v1.Descriptor) (document, error) {
	if s.fetched++; s.fetched > below {
		return document{}, lies("the index has more indexes in it than make sense")
	}
	digest, err := image.ParseDigest(m.Digest.String())
	if err != nil {
		return document{}, lies("the index: %v", err)
	}
	d, err := s.fetch(ctx, string(digest), digest, m.Size)
	if err != nil {
		return d, err
	}
	return s.resolve(ctx, d)
}

// noPlatform is of an image for other machines.
type noPlatform struct {
	want  image.Platform
	there []string
}

func (n *noPlatform) Error() string {
	slices.Sort(n.there)
	there := strings.Join(slices.Compact(n.there), ", ")
	if there == "" {
		return fmt.Sprintf("the image is not there for %s, nor is any said to be for another platform", n.want)
	}
	return fmt.Sprintf("the image is not there for %s, but for %s: choose one with --platform", n.want, there)
}
