package archive

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// deepest is how many indexes may lead to a manifest: a layout's own, one for the platforms, and one more that some tools write.
const deepest = 4

// errOther is of images that are for other platforms only.
var errOther = errors.New("it is for other platforms")

// choose finds the image for the wanted platform. What has no platform is taken when nothing better is there.
func (l *layout) choose(list []descriptor, depth int) ([]byte, descriptor, error) {
	if depth == deepest {
		return nil, descriptor{}, errors.New("an index leads to an index, too many times over")
	}
	failed := fmt.Errorf("%w: %s is wanted, there are %s", errOther, l.want, platforms(list))
	candidates := l.ranked(list)
	if len(list) == 0 || len(candidates) == 0 && platforms(list) == "" {
		failed = errNotImage
	}
	for _, d := range candidates {
		raw, doc, err := l.document(d)
		if err == nil && slices.Contains(indexTypes, doc.MediaType) {
			raw, d, err = l.choose(doc.Manifests, depth+1)
		}
		switch {
		case errors.Is(err, errOther), errors.Is(err, errNotImage):
			failed = err
		default:
			return raw, d, err
		}
	}
	return nil, descriptor{}, failed
}

// ranked are those that may be it, the best first.
func (l *layout) ranked(list []descriptor) []descriptor {
	type candidate struct {
		descriptor
		rank int
	}
	var all []candidate
	for _, d := range list {
		rank := 0
		switch {
		case d.MediaType != "" && !slices.Contains(indexTypes, d.MediaType) && !slices.Contains(manifestTypes, d.MediaType):
			continue // a signature, a list of parts
		case d.Annotations["vnd.docker.reference.type"] != "": // buildkit's attestations
			continue
		case d.Platform != nil && *d.Platform != image.Platform{}:
			if rank = d.Platform.Fits(l.want); rank == 0 {
				continue
			}
		}
		all = append(all, candidate{d, rank})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.rank - a.rank })
	sorted := make([]descriptor, len(all))
	for i, c := range all {
		sorted[i] = c.descriptor
	}
	return sorted
}

// platforms names those that there are, for a message.
func platforms(list []descriptor) string {
	var names []string
	for _, d := range list {
		if d.Platform == nil || d.Platform.OS == "unknown" || d.Platform.OS == "" || slices.Contains(names, d.Platform.String()) {
			continue
		}
		if len(names) == 20 {
			return strings.Join(names, ", ") + ", ..."
		}
		names = append(names, d.Platform.String())
	}
	return strings.Join(names, ", ")
}
