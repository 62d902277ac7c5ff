package image

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Name is the full name of an image: docker.io/library/alpine:3.20.
type Name struct {
	Registry   string // a host, perhaps with a port
	Repository string
	Tag        string // empty when there is a digest
	Digest     Digest
}

// What a short name is completed with, as with docker.
const (
	DockerHub = "docker.io"
	official  = "library/"
	Latest    = "latest"
)

// Localhost is the registry in the names of images that have been loaded or tagged without one.
const Localhost = "localhost"

// String is the name as it is in the store.
func (n Name) String() string {
	if n.Digest != "" {
		return n.Registry + "/" + n.Repository + "@" + string(n.Digest)
	}
	return n.Registry + "/" + n.Repository + ":" + n.Tag
}

// Familiar is what users write: without docker.io, and library/ behind it. [ParseName] gives the same name for it.
func (n Name) Familiar() string {
	s := n.String()
	if n.Registry != DockerHub {
		return s
	}
	s = strings.TrimPrefix(s, DockerHub+"/")
	if rest := strings.TrimPrefix(s, official); !strings.Contains(rest, "/") {
		return rest
	}
	return s
}

// ParseName reads a name as docker does. Short tells that it has no registry; it is then completed as one of Docker Hub.
// A tag beside a digest is left out, as podman does: the digest decides.
func ParseName(s string) (n Name, short bool, err error) {
	n, short, err = parseName(s)
	if err != nil {
		return Name{}, false, fmt.Errorf("%s is no name of an image: %w", strconv.Quote(s), err)
	}
	return n, short, nil
}

func parseName(s string) (n Name, short bool, err error) {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return n, false, errors.New("a name is written without " + scheme + "://")
	}
	if isID(s) || isID(strings.TrimPrefix(s, "sha256:")) {
		return n, false, errors.New("it is an id")
	}
	rest, digest, digested := strings.Cut(s, "@")
	if digested {
		if n.Digest, err = ParseDigest(digest); err != nil {
			return n, false, err
		}
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.Contains(rest[i:], "/") {
		rest, n.Tag = rest[:i], rest[i+1:]
		if err := checkTag(n.Tag); err != nil {
			return n, false, err
		}
	}
	switch {
	case digested:
		n.Tag = ""
	case n.Tag == "":
		n.Tag = Latest
	}
	n.Registry, n.Repository, short = splitRegistry(rest)
	if err := errors.Join(checkRegistry(n.Registry), checkRepository(n.Repository)); err != nil {
		return n, false, err
	}
	return n, short, nil
}

// splitRegistry takes what is before the first slash for a registry when it looks like one.
func splitRegistry(s string) (registry, repository string, short bool) {
	registry, repository, ok := strings.Cut(s, "/")
	if short = !ok || registry != Localhost && !strings.ContainsAny(registry, ".:"); short {
		registry, repository = DockerHub, s
	}
	if registry = strings.ToLower(registry); registry == "index."+DockerHub { // as old docker clients wrote it
		registry = DockerHub
	}
	if registry == DockerHub && !strings.Contains(repository, "/") && repository != "" {
		repository = official + repository
	}
	return registry, repository, short
}

// isID tells whether it is a whole id, which no repository may look like.
func isID(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
