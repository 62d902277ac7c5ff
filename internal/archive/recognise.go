package archive

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// findDirectory opens an OCI layout or a directory that skopeo wrote.
func findDirectory(o Options) (image.Kind, files, error) {
	root, err := os.OpenRoot(o.Path)
	if err != nil {
		return "", nil, err
	}
	in, kind := directory{root}, o.Kind
	switch {
	case kind == image.OCI, kind == image.Dir:
	case kind != "":
		err = errors.New("it is a directory")
	case has(in, "index.json"):
		kind = image.OCI
	case has(in, "manifest.json"):
		kind = image.Dir
	default:
		err = errors.New("the directory has neither index.json, as an OCI layout has, nor manifest.json, as skopeo's dir: has")
	}
	if err != nil {
		_ = in.Close() // nothing was written
		return "", nil, err
	}
	return kind, in, nil
}

func has(in files, name string) bool {
	f, err := in.open(name)
	if err == nil {
		_ = f.Close() // it was only looked for
	}
	return err == nil
}

// findFile tells an archive of images from one of a root filesystem. It takes the file.
func findFile(ctx context.Context, o Options, f *os.File) (image.Kind, files, error) {
	kind, m, err := recognise(ctx, o, f)
	if err == nil && kind == image.Tar {
		return kind, single{f}, nil
	}
	if err != nil || m.File != f {
		_ = f.Close() // it was only read
	}
	return kind, m, err
}

func recognise(ctx context.Context, o Options, f *os.File) (image.Kind, *members, error) {
	switch o.Kind {
	case "", image.OCIArchive, image.DockerArchive, image.Tar:
	default:
		return "", nil, errors.New("it is no directory")
	}
	if err := beginsAsTar(f); err != nil {
		return "", nil, err
	}
	unsaid := o.Kind == "" || o.Kind == image.Tar // FILE.tar is a root filesystem by its name alone
	m, err := index(ctx, o.Tmp, f, func(h *tar.Header) bool { return unsaid && ofRootfs(h) })
	switch {
	case errors.Is(err, errForeign):
		return image.Tar, nil, nil
	case err != nil && o.Kind == image.Tar:
		return image.Tar, nil, nil // who unpacks it says what is wrong
	case err != nil:
		return "", nil, err
	case o.Kind != "":
		if err = mistaken(o.Kind, m); err == nil && !unsaid {
			return o.Kind, m, nil
		}
	case has(m, "oci-layout") && has(m, "index.json"):
		return image.OCIArchive, m, nil
	case has(m, "manifest.json"):
		return image.DockerArchive, m, nil
	}
	if m.File != f {
		_ = m.Close() // a copy that is not needed
	}
	return image.Tar, nil, err
}

// mistaken is the error about an archive that is not of the kind that was said.
func mistaken(said image.Kind, m *members) error {
	var list []saved
	raw, err := read(m, "manifest.json")
	docker := err == nil && json.Unmarshal(raw, &list) == nil && len(list) > 0 && list[0].Config != ""
	oci := has(m, "index.json")
	switch {
	case said == image.Tar && oci && has(m, "oci-layout"):
		return errors.New("it is an archive of images: write oci-archive:FILE, or urun load -i FILE")
	case said == image.Tar && docker:
		return errors.New("it is an archive of images: write docker-archive:FILE, or urun load -i FILE")
	case said == image.OCIArchive && !oci && docker:
		return errors.New("it has no index.json, and docker's manifest.json: write docker-archive:FILE")
	case said == image.OCIArchive && !oci:
		return errors.New("it has no index.json, as an OCI archive has; one of a root file system is written tar:FILE")
	case said == image.DockerArchive && oci && !has(m, "manifest.json"):
		return errors.New("it has no manifest.json, and OCI's index.json: write oci-archive:FILE")
	case said == image.DockerArchive && !has(m, "manifest.json"):
		return errors.New("it has no manifest.json, as docker's archives have; one of a root file system is written tar:FILE")
	}
	return nil
}

// ofRootfs tells of what no archive of images has.
func ofRootfs(h *tar.Header) bool {
	switch h.Typeflag {
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return true
	}
	name, ok := inside(h.Name)
	if !ok {
		return false
	}
	top, _, _ := strings.Cut(name, "/")
	switch top {
	case "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var":
		return true
	}
	return strings.Count(name, "/") > 2 // blobs/sha256/HEX is the deepest
}
