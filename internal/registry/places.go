package registry

import (
	"fmt"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// place is a repository on a server.
type place struct {
	Host, Repository string
	Tag              string
	Digest           image.Digest
	Insecure, Mirror bool
}

// ref is what a manifest is asked for by.
func (p place) ref() string {
	if p.Digest != "" {
		return string(p.Digest)
	}
	return p.Tag
}

func (p place) String() string { return p.Host + "/" + p.Repository }

// pull lists where an image may be: the mirrors, and the registry last.
func (c *Config) pull(n image.Name) ([]place, error) {
	t, matched := c.find(n.String())
	if t == nil {
		return []place{asNamed(n)}, nil
	}
	if t.Blocked {
		return nil, blocked(n, t)
	}
	var list []place
	for _, m := range t.Mirrors {
		byDigest := n.Digest != ""
		if !byDigest && (t.ByDigest || m.Pull == "digest-only") || byDigest && m.Pull == "tag-only" {
			continue
		}
		p, err := t.rewrite(n, m.Location, matched)
		if err != nil {
			return nil, err
		}
		p.Insecure, p.Mirror = m.Insecure, true
		list = append(list, p)
	}
	p, err := t.rewrite(n, t.Location, matched)
	if err != nil {
		return nil, err
	}
	p.Insecure = t.Insecure
	return append(list, p), nil
}

// push is where an image is sent: to what it is called, as with podman; mirrors and other locations are for pulling.
func (c *Config) push(n image.Name) (place, error) {
	p := asNamed(n)
	if t, _ := c.find(n.String()); t != nil {
		if t.Blocked {
			return p, blocked(n, t)
		}
		p.Insecure = t.Insecure
	}
	return p, nil
}

func blocked(n image.Name, t *table) error {
	return fmt.Errorf("%s is blocked: registries.conf says so of %s", n, t.Prefix)
}

func asNamed(n image.Name) place {
	return place{Host: n.Registry, Repository: n.Repository, Tag: n.Tag, Digest: n.Digest}
}

// rewrite puts a location in the place of the matched beginning of a name. Without a location, the name stays.
func (t *table) rewrite(n image.Name, location string, matched int) (place, error) {
	if location == "" {
		return asNamed(n), nil
	}
	full := location + n.String()[matched:]
	// The location may be a host alone, which is no name that can be parsed as such where it has neither dot nor port.
	host, repository, _ := strings.Cut(full, "/")
	p := place{Host: host, Tag: n.Tag, Digest: n.Digest}
	repository = strings.TrimSuffix(repository, "@"+string(n.Digest))
	p.Repository = strings.TrimSuffix(repository, ":"+n.Tag)
	if p.Repository == "" || strings.ContainsAny(p.Repository, ":@") {
		return p, fmt.Errorf("registries.conf makes %s of %s, which is no name", full, n)
	}
	return p, nil
}
