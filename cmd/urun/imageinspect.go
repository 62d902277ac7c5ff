package main

import (
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// inspectedImage is what urun inspect shows of an image, as podman image inspect does.
type inspectedImage struct {
	ID           string `json:"Id"`
	Digest       string
	RepoTags     []string
	RepoDigests  []string
	Parent       string
	Comment      string
	Created      string // RFC 3339, as the image has it; may be empty
	Config       inspectedImageConfig
	Version      string // of the docker that made it
	Author       string
	Architecture string
	Variant      string `json:",omitempty"`
	Os           string
	Size         int64
	VirtualSize  int64
	GraphDriver  struct {
		Name string // overlay, or flat where overlay's marks cannot be made on the store's file system
		Data map[string]string
	}
	RootFS struct {
		Type   string
		Layers []string // diff IDs
	}
	Labels       map[string]string
	Annotations  map[string]string
	ManifestType string
	User         string
	History      []historyEntry
	HealthCheck  *image.Healthcheck `json:"Healthcheck,omitempty"`
	NamesHistory []string
	Layers       []image.Layer // urun's own: blobs, chain IDs, packed and unpacked sizes
	Pulled       time.Time     // urun's own: when it got the newest of its names
}

// inspectedImageConfig has the names of OCI's image specification.
type inspectedImageConfig struct {
	User         string              `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Volumes      map[string]struct{} `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
}

func inspectImage(s image.Store, r image.Record) (out inspectedImage, err error) {
	l, err := listed(s, r)
	if err != nil {
		return out, err
	}
	file, err := configOf(s, r)
	if err != nil {
		return out, err
	}
	m := imageManifest{Annotations: map[string]string{}}
	if err := readBlob(s, r.Manifest, &m); err != nil {
		return out, err
	}
	c := r.Config
	out = inspectedImage{
		ID: r.ID, Digest: string(r.Manifest), Comment: file.Comment, Created: r.Created, Version: file.DockerVersion, Author: file.Author, Size: r.Size(), VirtualSize: r.Size(),
		Config: inspectedImageConfig{c.User, setOf(c.ExposedPorts), c.Env, c.Entrypoint, c.Cmd, setOf(c.Volumes), c.WorkingDir, c.Labels, c.StopSignal},
		Labels: c.Labels, Annotations: m.Annotations, ManifestType: r.MediaType, User: c.User, History: file.History, HealthCheck: c.Healthcheck, Layers: r.Layers, Pulled: l.Pulled,
	}
	out.RepoTags, out.RepoDigests = references(l)
	out.NamesHistory = out.RepoTags
	out.Os, out.Architecture, _ = strings.Cut(r.Platform, "/")
	out.Architecture, out.Variant, _ = strings.Cut(out.Architecture, "/")
	out.GraphDriver.Name, out.GraphDriver.Data = "overlay", map[string]string{}
	if r.Flat {
		out.GraphDriver.Name = "flat"
	}
	out.RootFS.Type, out.RootFS.Layers = "layers", []string{}
	for _, layer := range r.Layers {
		out.RootFS.Layers = append(out.RootFS.Layers, string(layer.DiffID))
	}
	if out.History == nil {
		out.History = []historyEntry{}
	}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	return out, nil
}

func setOf(list []string) map[string]struct{} {
	set := map[string]struct{}{}
	for _, s := range list {
		set[s] = struct{}{}
	}
	return set
}
