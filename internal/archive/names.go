package archive

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// namesOf are the names of an entry of index.json.
func namesOf(d descriptor) []string {
	if n, _, err := image.ParseName(d.Annotations[containerdName]); err == nil {
		return []string{n.String()}
	}
	return local(d.Annotations[refName])
}

// local is the name for a reference of an OCI layout, which may be a mere tag: podman load makes "alpine:3.20"
// localhost/alpine:3.20, and "3.20" localhost/3.20:latest. What cannot be a name is none.
func local(ref string) []string {
	n, short, err := image.ParseName(ref)
	switch {
	case err != nil:
		return nil
	case short:
		n.Registry = image.Localhost
		if !strings.HasPrefix(ref, "library/") {
			n.Repository = strings.TrimPrefix(n.Repository, "library/")
		}
	}
	return []string{n.String()}
}

// hub are the names for what docker save writes: a short one is Docker Hub's, as with docker and podman.
func hub(tags []string) (names []string) {
	for _, tag := range tags {
		if n, _, err := image.ParseName(tag); err == nil {
			names = append(names, n.String())
		}
	}
	return unique(names)
}

// unique leaves the first of each.
func unique(list []string) (once []string) {
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

// firstTags are what the images are called by, for messages.
func firstTags(all []saved) (list []string) {
	for n, s := range all {
		switch {
		case n == 20:
			return append(list, "...")
		case len(s.RepoTags) == 0:
			list = append(list, "@"+strconv.Itoa(n))
		default:
			list = append(list, strconv.Quote(s.RepoTags[0]))
		}
	}
	return list
}
