package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// zstdTypes are of layers that older versions of docker load do not take.
var zstdTypes = []types.MediaType{types.OCILayerZStd, dockerZstd, restrictedZstd}

// writeDocker writes what docker save does. Layers that are compressed with gzip stay so: docker and podman take them, and what
// is in them is then as many bytes as can be known beforehand.
func writeDocker(ctx context.Context, w writer, images []Named) error {
	list := []saved{}
	layers, configs := map[string]v1.Layer{}, map[string][]byte{}
	var order, names []string
	for _, n := range images {
		s := saved{RepoTags: tags(n.Names), Layers: []string{}}
		config, err := n.Image.RawConfigFile()
		if err != nil {
			return err
		}
		ids, err := diffIDs(config)
		if err != nil {
			return err
		}
		all, err := n.Image.Layers()
		if err == nil && len(all) != len(ids) {
			err = fmt.Errorf("the image has %d layers, and its configuration is of %d", len(all), len(ids))
		}
		if err != nil {
			return err
		}
		for i, l := range all {
			name := ids[i].Hex() + ".tar"
			s.Layers = append(s.Layers, name)
			if layers[name] == nil {
				order = append(order, name)
			}
			layers[name] = l
		}
		s.Config = digestOf(config).Hex() + ".json"
		if configs[s.Config] == nil {
			names = append(names, s.Config)
		}
		configs[s.Config] = config
		list = append(list, s)
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	err = writeBytes(w, "manifest.json", raw)
	for _, name := range names {
		err = errors.Join(err, writeBytes(w, name, configs[name]))
	}
	for _, name := range order {
		if err == nil {
			err = writeLayer(ctx, w, name, layers[name])
		}
	}
	return err
}

func writeLayer(ctx context.Context, w writer, name string, l v1.Layer) error {
	kind, err := l.MediaType()
	if err == nil && slices.Contains(zstdTypes, kind) {
		err = writePlain(ctx, w, name, l)
	} else if err == nil {
		err = copyBlob(ctx, w, name, l)
	}
	if err != nil {
		return fmt.Errorf("write layer %s: %w", name, err)
	}
	return nil
}

// writePlain reads the layer twice, as its size comes before it.
func writePlain(ctx context.Context, w writer, name string, l v1.Layer) error {
	size, err := plainTo(ctx, io.Discard, l)
	if err != nil {
		return err
	}
	r, to := io.Pipe()
	go func() {
		_, err := plainTo(ctx, to, l)
		_ = to.CloseWithError(err) // never fails
	}()
	defer r.Close()
	return w.file(name, size, r)
}

func plainTo(ctx context.Context, w io.Writer, l v1.Layer) (int64, error) {
	r, err := l.Uncompressed()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, reading{ctx, r, nil})
	return n, errors.Join(err, r.Close())
}
