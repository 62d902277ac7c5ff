package main

import (
	"errors"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/image"
)

// fromStore is the image that ROOTFS names, held so that nobody removes it, and fetched when it has to be; nil where that is a
// directory.
func (c *runCmd) fromStore(s image.Store) (*container.Image, error) {
	if why := c.swallowed(c.Rootfs, isDir); why != "" {
		return nil, errors.New(why)
	}
	source, err := image.ParseSource(c.Rootfs, look)
	if err == nil && source.Kind == image.Directory {
		return nil, nil
	}
	if err != nil || source.Kind == image.Registry {
		if why := noRootfs(c.Rootfs, c.named, exists); why != "" && !inStore(s, c.Rootfs) {
			return nil, errors.New(why)
		}
	}
	if err == nil {
		source, err = absolute(source)
	}
	if err == nil {
		err = absent(source)
	}
	if err != nil {
		return nil, err
	}
	img, err := c.resolve(s, source)
	if err != nil {
		return nil, err
	}
	if img.Use, err = s.Use(img.Record); err != nil {
		return nil, err
	}
	img.Unpack = func(uids, gids []specs.LinuxIDMapping) error { return c.unpack(img.Record, "", uids, gids) }
	img.Copy = func(into string, uids, gids []specs.LinuxIDMapping) error {
		return c.unpack(img.Record, into, uids, gids)
	}
	return img, nil
}

func inStore(s image.Store, word string) bool {
	_, _, err := s.Find(word)
	return err == nil
}

// resolve finds the image in the store or has it fetched.
func (c *runCmd) resolve(s image.Store, source image.Source) (*container.Image, error) {
	when, err := policy("--pull", c.Pull, "missing")
	if err != nil {
		return nil, err
	}
	want, err := platform(c.Platform)
	if err != nil {
		return nil, err
	}
	word := c.Rootfs
	if source.Local() {
		word = source.String()
	}
	e, r, err := s.Find(word)
	missing := (*image.NotFoundError)(nil)
	if err != nil && !errors.As(err, &missing) {
		return nil, err
	}
	have := err == nil && current(source, e) && r.For(want)
	switch {
	case have && (when == "missing" || when == "never" || source.Kind == image.Stored || source.Local()):
		return &container.Image{Name: called(e, r), Record: r}, nil
	case source.Kind == image.Stored:
		return nil, errors.New("there is no image " + strconv.Quote(c.Rootfs) + " in your store, and an id does not say where it could be fetched; urun images lists those that there are")
	case when == "never":
		return nil, errors.New("there is no image " + named(c.Rootfs, want) + " in your store, and --pull never fetches none; urun pull " + c.Rootfs + " does, urun images lists those that there are")
	case c.Explain != "" && !have:
		return nil, errors.New("--explain starts nothing and fetches nothing, and there is no image " + named(c.Rootfs, want) + " in your store: run urun pull " + c.Rootfs + " first")
	case c.Explain != "":
		return &container.Image{Name: called(e, r), Record: r}, nil
	}
	return c.fetch(s, source, word, when, want)
}

func named(word, platform string) string {
	if platform == "" {
		return strconv.Quote(word)
	}
	return strconv.Quote(word) + " for " + platform
}

// current tells whether the store's image is what a file or directory holds now.
func current(source image.Source, e image.Entry) bool {
	if !source.Local() {
		return true
	}
	now, err := source.Stamp()
	return err == nil && now == e.Stamp
}

func (c *runCmd) fetch(s image.Store, source image.Source, word, when, want string) (*container.Image, error) {
	q, err := c.registryFlags.request("pull", c.Quiet)
	if err != nil {
		return nil, err
	}
	q.Sources, q.Policy, q.Platform = []string{word}, when, want
	done, err := ask(q, nil, nil)
	if err == nil && len(done) != 1 {
		err = errors.New(image.Program + " says that all was done, and names no image")
	}
	if err != nil {
		if noHelper := helperError(""); source.Short && !strings.ContainsAny(c.Rootfs, ":@") && !errors.As(err, &noHelper) {
			err = errors.New(err.Error() + "; there is no directory " + strconv.Quote(c.Rootfs) + ", either")
		}
		return nil, err
	}
	r, err := s.Read(done[0].Manifest)
	if err != nil {
		return nil, err
	}
	return &container.Image{Name: done[0].Name, Record: r}, nil
}

// unpack has what is missing of the layers' trees made for a container with these id maps, or a tree of all of them into its directory.
func (c *runCmd) unpack(r image.Record, into string, uids, gids []specs.LinuxIDMapping) error {
	q, err := registryFlags{}.request("unpack", c.Quiet)
	if err != nil {
		return err
	}
	q.Manifest, q.Into, q.UIDs, q.GIDs = r.Manifest, into, uids, gids
	_, err = ask(q, nil, nil)
	return err
}

// fetchFirst has the urun in front fetch an image, where progress is seen and Ctrl-C ends it. It gives the arguments for the
// one that stays: it is not to ask the registry again.
func (c *runCmd) fetchFirst(args []string) ([]string, error) {
	img, err := c.fromStore(images())
	if err != nil || img == nil {
		return args, err
	}
	if err := img.Use.Close(); err != nil || c.Pull == "" || c.Pull == "missing" || c.Pull == "never" {
		return args, err
	}
	at := len(args) - 1 - len(c.Command)
	if at > 0 && args[at-1] == "--" {
		at--
	}
	return append(append(append([]string{}, args[:at]...), "--pull=missing"), args[at:]...), nil
}
