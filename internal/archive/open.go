package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urun-project/urun/internal/image"
)

// Kind is which of the local sources it is.
type Kind = image.Kind

// Options say what to open.
type Options struct {
	Path     string // "-" is Stdin
	Kind     Kind   // one of the local ones; empty: it is to be recognised
	Ref      string // which of the images, by name, tag or "@N" from 0 on; empty: all of them
	Platform string // "os/arch[/variant]", for indexes and of root filesystems; empty: this machine's
	Tmp      string // a directory for what cannot be read in place: standard input, and compressed archives
	Stdin    io.Reader
}

// Archive is an open file or directory.
type Archive struct {
	Name   string // for messages
	Kind   Kind
	Images []*Image // at least one
	opened []io.Closer
}

// Open finds the images in a file or directory. Each has been looked at: its manifest and its configuration are well-formed
// and fit each other, and its layers are there.
func Open(ctx context.Context, o Options) (*Archive, error) {
	a, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", describe(o), err)
	}
	return a, nil
}

func describe(o Options) string {
	switch {
	case o.Path == "-":
		return "standard input"
	case o.Kind == "":
		return o.Path
	}
	return string(o.Kind) + ":" + o.Path
}

func open(ctx context.Context, o Options) (*Archive, error) {
	p, err := image.ParsePlatform(o.Platform)
	if err != nil {
		return nil, err
	}
	kind, in, err := find(ctx, o)
	if err != nil {
		return nil, err
	}
	a := &Archive{Name: describe(o), Kind: kind, opened: []io.Closer{in}}
	switch kind {
	case image.OCI, image.OCIArchive:
		a.Images, err = readOCI(in, o.Ref, p)
	case image.DockerArchive:
		a.Images, err = readDocker(ctx, in, o.Ref)
	case image.Dir:
		a.Images, err = readDir(in, p)
	case image.Tar:
		err = a.readRootfs(ctx, in, o.Tmp, p)
	}
	if err == nil && len(a.Images) == 0 {
		err = errNoImage(o.Ref)
	}
	if err != nil {
		_ = a.Close() // what was read is of no use
		return nil, err
	}
	return a, nil
}

func errNoImage(ref string) error {
	if ref != "" {
		return fmt.Errorf("there is no image %q in it", ref)
	}
	return errors.New("there is no image in it")
}

// find opens what is there, and recognises it when that is not said.
func find(ctx context.Context, o Options) (image.Kind, files, error) {
	if o.Path == "-" {
		f, err := spool(ctx, o.Tmp, o.Stdin)
		if err != nil {
			return "", nil, err
		}
		return findFile(ctx, o, f)
	}
	info, err := os.Stat(o.Path)
	switch {
	case err != nil:
		return "", nil, errors.Unwrap(err)
	case info.IsDir():
		return findDirectory(o)
	}
	f, err := os.Open(o.Path)
	if err != nil {
		return "", nil, errors.Unwrap(err)
	}
	if info.Mode().IsRegular() {
		return findFile(ctx, o, f)
	}
	defer f.Close()
	s, err := spool(ctx, o.Tmp, f) // a pipe, such as a shell's <(command)
	if err != nil {
		return "", nil, err
	}
	return findFile(ctx, o, s)
}
