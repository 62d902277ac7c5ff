package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// unpacker is one way to unpack the last layer of an image that lies in an OCI layout.
type unpacker struct {
	name    string
	prepare func(dir string) error // not measured
	step    func(dir string) step
}

const treesAnew = "urun, trees anew"

// unpacks measures how many MB of a layer's files are unpacked in a second. What urun and umoci do besides, with the small
// layer and the configuration, is counted as well.
func (r *report) unpacks(o options, hub *registry, _ []tool, pictures []picture) error {
	for _, p := range pictures {
		if !p.unpacks {
			continue
		}
		layout, blob, size, err := fetched(o, hub.ref(p))
		if err != nil {
			return err
		}
		ways := unpackersOf(o, p, layout, blob)
		list := make([]series, len(ways))
		for i, u := range ways {
			list[i] = series{What: "unpack " + p.name, Name: u.name}
		}
		rng := rand.New(rand.NewPCG(5, 6))
		for range max(2, o.runs/2) {
			for _, i := range rng.Perm(len(ways)) {
				took, err := oneUnpack(o, ways[i])
				list[i].add(float64(size)/1000/took, err) // bytes a millisecond, by a thousand: MB a second
			}
		}
		r.Rates = append(r.Rates, printed(list, "MB/s")...)
		for _, base := range []string{"urun", treesAnew} {
			r.RateRatios = append(r.RateRatios, printedRatios(ratiosTo(list, base))...)
		}
		if err := discard(o, layout); err != nil {
			return err
		}
	}
	return nil
}

func oneUnpack(o options, u unpacker) (took float64, err error) {
	dir, err := place(o)
	if err != nil {
		return 0, err
	}
	if u.prepare != nil {
		err = u.prepare(dir)
	}
	if err == nil {
		took, err = timed(u.step(dir))
	}
	if gone := discard(o, dir); err == nil {
		err = gone
	}
	return took, err
}

func unpackersOf(o options, p picture, layout, blob string) []unpacker {
	urun := urunTool(o)
	local := "oci:" + layout + ":1"
	list := []unpacker{
		// This copies and verifies the blobs, too.
		{name: "urun", step: func(dir string) step { return urun.pull(dir, local)[0] }},
		// A start makes what trees are missing, of the blobs in the store; that is all it has to do here.
		{name: treesAnew, prepare: func(dir string) error {
			if _, err := timed(urun.pull(dir, local)...); err != nil {
				return err
			}
			return discard(o, dir+"/data/urun/images/layers")
		}, step: func(dir string) step { return urun.run(dir, local, "/bin/true") }},
	}
	packer := "-z"
	if p.name == "zstd" {
		packer = "--zstd"
	} else {
		list = append(list, unpacker{name: "umoci", step: func(dir string) step {
			return step{[]string{"umoci", "unpack", "--rootless", "--image", layout + ":1", dir + "/bundle"}, nil}
		}})
	}
	return append(list, unpacker{name: "GNU tar", step: func(dir string) step {
		return step{[]string{"tar", packer, "-xf", blob, "-C", dir}, nil}
	}})
}

// fetched is the image as a layout on this machine, its last layer's file there, and the bytes of that layer's archive.
func fetched(o options, ref string) (layout, blob string, size int64, err error) {
	if layout, err = place(o); err != nil {
		return "", "", 0, err
	}
	if _, err := timed(step{[]string{"skopeo", "copy", "-q", "docker://" + ref, "oci:" + layout + ":1"}, nil}); err != nil {
		return "", "", 0, err
	}
	named, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		return "", "", 0, err
	}
	img, err := remote.Image(named)
	if err != nil {
		return "", "", 0, err
	}
	layers, err := img.Layers()
	if err != nil {
		return "", "", 0, err
	}
	last := layers[len(layers)-1]
	digest, err := last.Digest()
	if err != nil {
		return "", "", 0, err
	}
	blob = filepath.Join(layout, "blobs/sha256", digest.Hex)
	if _, err := os.Stat(blob); err != nil {
		return "", "", 0, fmt.Errorf("skopeo wrote another layer: %w", err)
	}
	size, err = unpackedSize(last)
	return layout, blob, size, err
}

func unpackedSize(l v1.Layer) (int64, error) {
	r, err := l.Uncompressed()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, r)
}
