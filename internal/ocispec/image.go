package ocispec

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ImageConfig is what an image says about its containers. Whoever made the image has written it: it is hostile.
type ImageConfig struct {
	User            string
	Env             []string // NAME=VALUE
	Entrypoint, Cmd []string
	WorkingDir      string
	Volumes         []string
	ExposedPorts    []string
	Labels          map[string]string
	StopSignal      string
}

// image is what the image says; nothing where ROOTFS is a directory.
func (b *build) image() ImageConfig {
	if b.in.Image == nil {
		return ImageConfig{}
	}
	return *b.in.Image
}

// entrypoint reads --entrypoint as podman does: a program, or a JSON list of it and its first arguments. An empty one
// takes away the image's.
func (f *ProcessFlags) entrypoint() (list []string, given bool) {
	if f.Entrypoint == nil {
		return nil, false
	}
	if json.Unmarshal([]byte(*f.Entrypoint), &list) != nil {
		list = []string{*f.Entrypoint}
	}
	return list, true
}

// args puts the command line together. As with podman an image's command is for its own entrypoint: another one that is given does
// not get it.
func (f *ProcessFlags) args(b *build) []string {
	img, command := b.image(), b.in.Command
	entrypoint, given := f.entrypoint()
	if len(command) == 0 && len(entrypoint) == 0 {
		command = img.Cmd
	}
	if !given {
		entrypoint = img.Entrypoint
	}
	if len(entrypoint) == 1 && entrypoint[0] == "" {
		entrypoint = nil
	}
	return slices.Concat(entrypoint, command)
}

// addImage adds an image's variables. A name alone is one without a value; what has no name is nothing.
func (e *environ) addImage(list []string) {
	for _, entry := range list {
		if name, value, _ := strings.Cut(entry, "="); name != "" {
			e.set(name, value)
		}
	}
}

// describeImage has the annotations of OCI's image specification (conversion.md) say what has no field of its own.
func (b *build) describeImage() {
	img := b.image()
	b.extra.Image = b.in.Image != nil
	notes := maps.Clone(img.Labels)
	if notes == nil {
		notes = map[string]string{}
	}
	if img.StopSignal != "" {
		notes[stopSignal] = img.StopSignal
	}
	if len(img.ExposedPorts) > 0 {
		notes[exposedPorts] = strings.Join(img.ExposedPorts, ",")
	}
	if len(notes) > 0 {
		b.spec.Annotations = notes
	}
}

// Annotations that are no label of an image's.
const (
	stopSignal   = "org.opencontainers.image.stopSignal"
	exposedPorts = "org.opencontainers.image.exposedPorts"
)

// ImageLabels are the labels and the ports of the image that a specification was made from.
func ImageLabels(spec *specs.Spec) (labels map[string]string, ports map[string]struct{}) {
	labels, ports = map[string]string{}, map[string]struct{}{}
	for name, value := range spec.Annotations {
		switch name {
		case stopSignal:
		case exposedPorts:
			for port := range strings.SplitSeq(value, ",") {
				ports[port] = struct{}{}
			}
		default:
			labels[name] = value
		}
	}
	return labels, ports
}

// imageVolumes makes what the image calls volumes directories that can be written: some are mounts. What is mounted there, or
// around it, is that already.
func (f *FileFlags) imageVolumes(b *build, mounts []specs.Mount) (volumes []specs.Mount, err error) {
	switch f.ImageVolume {
	case "", "bind", "anonymous", "tmpfs":
	case "ignore":
		return nil, nil
	default:
		return nil, bad("--image-volume", f.ImageVolume, "there is bind (the default: they are written to as the root is), tmpfs and ignore")
	}
	var at, done []string
	for _, v := range b.image().Volumes {
		if v = path.Join("/", v); v != "/" {
			at = append(at, v)
		}
	}
	for _, m := range mounts {
		done = append(done, m.Destination)
	}
	slices.Sort(at) // a directory comes before what is in it
	for _, v := range at {
		if slices.ContainsFunc(done, func(dir string) bool { return Within(v, dir) }) {
			continue
		}
		done = append(done, v)
		if f.ImageVolume == "tmpfs" {
			volumes = append(volumes, newTmpfsOptions().mount(v))
			continue
		}
		b.extra.ImageVolumes = append(b.extra.ImageVolumes, v)
	}
	return volumes, nil
}
