package images

import (
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Other tests lean on these images, so that they are right is looked at here.
func TestTheSamplesAreValid(t *testing.T) {
	for name, i := range map[string]Image{
		"one": One(), "many": Many(12), "whiteouts": Whiteouts(), "owners": Owners(), "configured": Configured(),
		"zstd": {Layers: One().Layers, Packed: Zstd}, "plain": {Layers: One().Layers, Packed: Plain},
	} {
		t.Run(name, func(t *testing.T) {
			img := i.Build(t)
			valid(t, img)
			if again := Digest(t, i.Build(t)); again != Digest(t, img) {
				t.Errorf("%s, and the second time %s", Digest(t, img), again)
			}
		})
	}
}

func TestWhatIsWrittenIsTheImage(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "oci"), filepath.Join(t.TempDir(), "docker.tar")
	img := Many(3).Build(t)
	OCI(t, dir, "1", img)
	OCIIndex(t, dir, "2", Index(t, One(), Image{Platform: "linux/s390x"}))
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil || len(m.Manifests) != 2 || m.Manifests[0].Digest.String() != Digest(t, img) || m.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "1" {
		t.Errorf("%v: %+v", err, m)
	}
	DockerTar(t, file, "example.org/many:1", img)
	docker, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, docker)
	if ID(t, docker) != ID(t, img) {
		t.Errorf("%s became %s", ID(t, img), ID(t, docker))
	}
}

// valid compares what is said of each layer with its bytes.
func valid(t *testing.T, img v1.Image) {
	t.Helper()
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil || len(layers) == 0 || len(layers) != len(m.Layers) || len(layers) != len(config.RootFS.DiffIDs) {
		t.Fatalf("%v: %d layers, %d in the manifest, %d in the configuration", err, len(layers), len(m.Layers), len(config.RootFS.DiffIDs))
	}
	for i, l := range layers {
		blob, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		digest, size, err := v1.SHA256(blob)
		if err != nil || digest != m.Layers[i].Digest || size != m.Layers[i].Size {
			t.Errorf("layer %d: %v: %s of %d bytes, in the manifest %s of %d", i, err, digest, size, m.Layers[i].Digest, m.Layers[i].Size)
		}
		plain, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		if diffID, _, err := v1.SHA256(plain); err != nil || diffID != config.RootFS.DiffIDs[i] {
			t.Errorf("layer %d: %v: %s, in the configuration %s", i, err, diffID, config.RootFS.DiffIDs[i])
		}
	}
}
