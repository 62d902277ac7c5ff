package main

import (
	"errors"
	"strconv"

	"github.com/urun-project/urun/internal/image"
)

// run names an image or, undone, takes names from it: all or nothing of what is written wrong.
func (c *tagCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Args); err != nil {
		return 0, err
	}
	s, err := imageStore()
	if err != nil {
		return 0, err
	}
	_, r, err := found(s, c.Args[0])
	if err != nil {
		return 0, err
	}
	if c.undo {
		return 0, untag(s, r, c.Args[1:])
	}
	if len(c.Args) == 1 {
		return 0, errors.New("NAME is missing: write urun tag IMAGE NAME...; urun help tag tells more")
	}
	names := make([]string, len(c.Args)-1)
	for i, word := range c.Args[1:] {
		if names[i], err = newName(word); err != nil {
			return 0, err
		}
	}
	for _, name := range names {
		if err := s.Tag(name, r.Manifest, ""); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// newName is a name for something that is here: without a registry it is of none.
func newName(word string) (string, error) {
	n, short, err := image.ParseName(word)
	if err != nil {
		return "", err
	}
	if n.Digest != "" {
		return "", errors.New("NAME " + strconv.Quote(word) + ": a digest is computed of the image and cannot be given; write NAME:TAG")
	}
	if short {
		if n, _, err = image.ParseName(image.Localhost + "/" + word); err != nil {
			return "", err
		}
	}
	return n.String(), nil
}

// untag takes names from an image; all when none is written.
func untag(s image.Store, r image.Record, words []string) error {
	l, err := listed(s, r)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range l.Names {
		if len(words) == 0 {
			names = append(names, e.Name)
		}
	}
	for _, word := range words {
		e, other, err := found(s, word)
		if err != nil {
			return err
		}
		if other.Manifest != r.Manifest || e.Name == "" {
			return errors.New(strconv.Quote(word) + " is no name of that image; urun images shows its names")
		}
		names = append(names, e.Name)
	}
	for _, name := range names {
		if err := s.Untag(name); err != nil {
			return err
		}
	}
	return nil
}

// listed is an image with its names.
func listed(s image.Store, r image.Record) (l image.Listed, err error) {
	list, _, err := s.List()
	for _, l := range list {
		if l.Manifest == r.Manifest {
			return l, err
		}
	}
	return image.Listed{Record: r}, err
}
