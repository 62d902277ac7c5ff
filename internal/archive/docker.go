package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/urun-project/urun/internal/image"
)

// saved is an entry of the manifest.json that docker save writes.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string // the lowest first
}

// readDocker reads what docker save writes. It has no manifests: what is made up in their place depends on the archive alone.
func readDocker(ctx context.Context, in files, ref string) ([]*Image, error) {
	raw, err := read(in, "manifest.json")
	if err != nil {
		return nil, err
	}
	var list []saved
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	if len(list) > mostImages {
		return nil, fmt.Errorf("manifest.json: it has %d images, and %d are the most", len(list), mostImages)
	}
	b := dockerBlobs{in, map[image.Digest]string{}, map[string]descriptor{}}
	var all []*Image
	have := map[string]*Image{}
	for n, s := range list {
		if !s.is(ref, n) {
			continue
		}
		i, err := b.image(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("image %d of manifest.json: %w", n+1, err)
		}
		if same := have[string(i.manifest)]; same != nil {
			same.names = unique(append(same.names, i.names...))
			continue
		}
		have[string(i.manifest)] = i
		all = append(all, i)
	}
	if len(all) == 0 && len(list) > 0 {
		return nil, fmt.Errorf("there is no image %q in it: there are %s", ref, strings.Join(firstTags(list), ", "))
	}
	return all, nil
}

// is tells whether it is asked for. A short name is of docker.io or, as urun and podman save what they have tagged, of localhost.
func (s saved) is(ref string, n int) bool {
	if ref == "" || ref == "@"+strconv.Itoa(n) {
		return true
	}
	want, short, err := image.ParseName(ref)
	local, _, _ := image.ParseName(image.Localhost + "/" + ref)
	for _, name := range hub(s.RepoTags) {
		if err == nil && (name == want.String() || short && name == local.String()) {
			return true
		}
	}
	return false
}

// dockerBlobs finds configurations and layers by the digests that they were given here. Where an archive's strings lead to is
// looked up among its members.
type dockerBlobs struct {
	in     files
	member map[image.Digest]string
	layers map[string]descriptor // by member and diff ID
}

func (b dockerBlobs) open(d image.Digest) (file, error) {
	name, ok := b.member[d]
	if !ok {
		return nil, errMissing(d)
	}
	return b.find(name)
}

func (b dockerBlobs) unsure() bool { return true }

func (b dockerBlobs) find(name string) (file, error) {
	f, err := b.in.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no such member: the archive is not whole")
	}
	if err != nil {
		return nil, fmt.Errorf("%.200q: %w", name, err)
	}
	return f, nil
}

func (b dockerBlobs) image(ctx context.Context, s saved) (*Image, error) {
	config, err := b.config(s.Config)
	if err != nil {
		return nil, err
	}
	ids, err := diffIDs(config)
	if err == nil && len(ids) != len(s.Layers) {
		err = fmt.Errorf("it is of %d layers, and manifest.json has %d", len(ids), len(s.Layers))
	}
	if err != nil {
		return nil, fmt.Errorf("its configuration: %w", err)
	}
	m := document{SchemaVersion: 2, MediaType: types.DockerManifestSchema2, Layers: []descriptor{},
		Config: &descriptor{MediaType: types.DockerConfigJSON, Digest: string(digestOf(config)), Size: int64(len(config))}}
	for n, name := range s.Layers {
		l, err := b.layer(ctx, name, ids[n])
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", n+1, err)
		}
		m.Layers = append(m.Layers, l)
	}
	m.zstdAsOCI()
	raw, err := json.Marshal(m)
	if err == nil && len(raw) > largest {
		err = errors.New("it has too many layers")
	}
	return &Image{names: hub(s.RepoTags), manifest: raw, mediaType: string(m.MediaType), blobs: b}, err
}

// config reads a configuration, whose digest is often its name.
func (b dockerBlobs) config(name string) ([]byte, error) {
	f, err := b.find(name)
	if err != nil {
		return nil, fmt.Errorf("its configuration: %w", err)
	}
	defer f.Close()
	raw, err := readSmall(f, "its configuration")
	if err != nil {
		return nil, err
	}
	digest := digestOf(raw)
	said := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "sha256:"), ".json")
	if d, err := image.ParseDigest("sha256:" + said); err == nil && d != digest {
		return nil, fmt.Errorf("its configuration: %w", errDigest(d, digest))
	}
	b.member[digest] = name
	return raw, nil
}
