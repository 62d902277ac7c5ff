package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/urun-project/urun/internal/image"
)

// rootfsTypes are those of a layer that is the file as it is.
var rootfsTypes = map[packing]types.MediaType{plain: types.OCIUncompressedLayer, gzipped: types.OCILayer, zstded: types.OCILayerZStd}

// readRootfs makes an image of one layer of a root filesystem: for the same file always the same one. Layers are not
// compressed with xz or bzip2 anywhere, so such a file is compressed anew.
func (a *Archive) readRootfs(ctx context.Context, in files, tmp string, p image.Platform) error {
	f, err := in.open("")
	if err != nil {
		return err
	}
	all := io.NewSectionReader(f, 0, f.Size())
	kind, ok := rootfsTypes[packedAs(all)]
	layer := &rootfs{file: f}
	if ok {
		err = layer.measure(ctx, all)
	} else {
		kind = types.OCILayer
		var anew *os.File
		if anew, err = temporary(tmp); err != nil {
			return err
		}
		a.opened = append(a.opened, anew)
		err = layer.repack(ctx, all, anew)
	}
	if err != nil {
		return fmt.Errorf("read the root filesystem: %w", err)
	}
	i, err := layer.image(kind, p)
	a.Images = []*Image{i}
	return err
}

// rootfs is a root filesystem as a layer, and its configuration.
type rootfs struct {
	file
	config       []byte
	blob, diffID image.Digest
}

// measure finds the digests of the file and of what is in it, in one go.
func (l *rootfs) measure(ctx context.Context, all *io.SectionReader) error {
	blob, diffID := sha256.New(), sha256.New()
	d, err := unpackAs(packedAs(all), io.TeeReader(reading{ctx, all, nil}, blob)) // all of them read to the end of the file
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := io.Copy(diffID, d); err != nil {
		return err
	}
	l.blob, l.diffID = hashed(blob), hashed(diffID)
	return nil
}

// repack compresses it with gzip, which every registry and every tool takes.
func (l *rootfs) repack(ctx context.Context, all *io.SectionReader, to *os.File) error {
	blob, diffID := sha256.New(), sha256.New()
	d, err := unpackAs(packedAs(all), reading{ctx, all, nil})
	if err != nil {
		return err
	}
	defer d.Close()
	z, err := gzip.NewWriterLevel(io.MultiWriter(to, blob), gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.MultiWriter(z, diffID), d); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	l.file, l.blob, l.diffID = part{wholeOf(to)}, hashed(blob), hashed(diffID)
	return nil
}

func (l *rootfs) image(kind types.MediaType, p image.Platform) (*Image, error) {
	type fsType struct {
		Type    string         `json:"type"`
		DiffIDs []image.Digest `json:"diff_ids"`
	}
	config, err := json.Marshal(struct {
		image.Platform
		Config struct{} `json:"config"`
		RootFS fsType   `json:"rootfs"`
	}{Platform: p, RootFS: fsType{"layers", []image.Digest{l.diffID}}})
	if err != nil {
		return nil, err
	}
	l.config = config
	raw, err := json.Marshal(document{SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: &descriptor{MediaType: types.OCIConfigJSON, Digest: string(digestOf(config)), Size: int64(len(config))},
		Layers: []descriptor{{MediaType: kind, Digest: string(l.blob), Size: l.Size()}}})
	return &Image{manifest: raw, mediaType: string(types.OCIManifestSchema1), blobs: l}, err
}

func (l *rootfs) open(d image.Digest) (file, error) {
	switch d {
	case l.blob:
		return part{io.NewSectionReader(l.file, 0, l.Size())}, nil
	case digestOf(l.config):
		return part{io.NewSectionReader(bytes.NewReader(l.config), 0, int64(len(l.config)))}, nil
	}
	return nil, errMissing(d)
}

func (l *rootfs) unsure() bool { return false }
