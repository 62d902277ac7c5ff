package main

import (
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// imageJSON is an image of urun images for programs, with podman's names. Every field is always there.
type imageJSON struct {
	ID          string `json:"Id"`
	ParentID    string `json:"ParentId"` // always empty: nothing is built here
	RepoTags    []string
	RepoDigests []string
	Size        int64 // bytes of its files
	SharedSize  int64 // always 0, as podman's
	VirtualSize int64
	Labels      map[string]string
	Names       []string
	Digest      string
	Created     int64 // seconds since 1970; 0 when it does not say
	CreatedAt   string
	Dangling    bool // it has no name
	Os, Arch    string
}

func imageJSONOf(l image.Listed) imageJSON {
	tags, digests := references(l)
	out := imageJSON{
		ID: l.ID, RepoTags: tags, RepoDigests: digests, Size: l.Size(), VirtualSize: l.Size(), Labels: l.Config.Labels, Names: tags,
		Digest: string(l.Manifest), Dangling: len(l.Names) == 0,
	}
	if at := created(l.Record); !at.IsZero() {
		out.Created, out.CreatedAt = at.Unix(), at.Format(time.RFC3339Nano)
	}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	out.Os, out.Arch, _ = strings.Cut(l.Platform, "/")
	return out
}

// references are an image's names, and each repository with its digest.
func references(l image.Listed) (names, digests []string) {
	names, digests = []string{}, []string{}
	seen := map[string]bool{}
	for _, e := range l.Names {
		names = append(names, e.Name)
		n, _, err := image.ParseName(e.Name)
		if err != nil { // a file, or a directory
			continue
		}
		repository := n.Registry + "/" + n.Repository
		if !seen[repository] {
			digests = append(digests, repository+"@"+string(l.Manifest))
		}
		seen[repository] = true
	}
	return names, digests
}
