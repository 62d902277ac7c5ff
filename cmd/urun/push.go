package main

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

func (c *pushCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Args); err != nil {
		return 0, err
	}
	if len(c.Args) > 2 {
		return 0, errors.New("one IMAGE and one DESTINATION at most; " + strconv.Quote(c.Args[2]) + " is too much")
	}
	r, err := c.registryFlags.request("push", c.Quiet)
	if err != nil {
		return 0, err
	}
	e, rec, err := found(image.Store{Dir: r.Store}, c.Args[0])
	if err != nil {
		return 0, err
	}
	r.Sources = []string{called(e, rec)}
	if err := destination(&r, e, c.Args); err != nil {
		return 0, err
	}
	if r.Do == "save" && c.DigestFile != "" {
		return 0, errors.New("--digestfile: an archive is in no registry, which would have a digest for it; urun inspect -f '{{.Digest}}' " + c.Args[0] + " shows the image's")
	}
	done, err := ask(r, nil, nil)
	if err == nil && c.DigestFile != "" && len(done) > 0 {
		if err = os.WriteFile(c.DigestFile, []byte(done[0].Manifest), 0o666); err != nil {
			err = errors.New("--digestfile: the image was sent, and the file cannot be written: " + err.Error())
		}
	}
	return 0, err
}

// destination puts into the request where an image is sent to: what is written, or where its name says. What is no registry is
// saved to.
func destination(r *image.Request, e image.Entry, args []string) (err error) {
	if len(args) == 2 {
		return elsewhere(r, args[1])
	}
	n, _, err := image.ParseName(e.Name)
	switch {
	case e.Name == "":
		return errors.New("the image " + strconv.Quote(args[0]) + " is named by its id, which does not say where to send it: write DESTINATION behind it")
	case err != nil || n.Registry == image.Localhost:
		return errors.New("the name " + e.Name + " does not say where to send it: write DESTINATION behind it, such as registry.example.com/me/mine:1")
	}
	r.To = e.Name
	return nil
}

// elsewhere reads DESTINATION. What is to be written need not be there.
func elsewhere(r *image.Request, word string) error {
	bad := func(why string) error { return errors.New("DESTINATION " + strconv.Quote(word) + ": " + why) }
	for transport, instead := range map[string]string{"containers-storage:": "urun save IMAGE | podman load", "docker-daemon:": "urun save IMAGE | docker load"} {
		if strings.HasPrefix(word, transport) {
			return bad("that store is another tool's: " + instead + " brings the image there")
		}
	}
	s, err := image.ParseSource(word, func(path string) (exists, dir bool) {
		exists, dir = look(path)
		return exists, dir && path != word
	})
	if err != nil {
		return bad(err.Error())
	}
	switch s.Kind {
	case image.Registry:
		r.To = s.Name.String()
		return nil
	case image.Stored:
		return bad("an id is computed of the image; write a name")
	case image.Dir:
		return bad("urun does not write dir:; write oci:" + s.Path + ", and skopeo copy oci:" + s.Path + " " + word + " makes one of that")
	case image.Directory, image.Tar:
		return bad("write oci:" + word + " for a directory with OCI's image layout, oci-archive:" + word + " or docker-archive:" + word + " for an archive")
	}
	if s.Ref != "" {
		return bad("the image is in it under its own name; leave " + strconv.Quote(":"+s.Ref) + " out, and give it another name with urun tag where that matters")
	}
	r.Do, r.Format = "save", string(s.Kind)
	if s.Kind == image.OCI {
		r.Format = "oci-dir"
	}
	s, err = absolute(s)
	r.To = s.Path
	return err
}
