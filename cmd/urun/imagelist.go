package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// row is a line of urun images: an image under one of its names.
type row struct {
	image.Listed
	repository, tag string // none where there is none
	name            string
}

const none = "<none>"

// rowsOf has a row for each name of each image, one for an image without.
func rowsOf(list []image.Listed) (rows []row) {
	for _, l := range list {
		for _, e := range l.Names {
			repository, tag := splitName(e.Name)
			rows = append(rows, row{l, repository, tag, e.Name})
		}
		if len(l.Names) == 0 {
			rows = append(rows, row{l, none, none, ""})
		}
	}
	return rows
}

// splitName takes the tag off a name of the store. Of a local source all is shown: a colon in it may be a part of the path.
func splitName(name string) (repository, tag string) {
	n, _, err := image.ParseName(name)
	if err != nil {
		return name, none
	}
	tag = n.Tag
	if tag == "" {
		tag = none
	}
	return n.Registry + "/" + n.Repository, tag
}

// created is when the image was made, as its configuration says; zero when it does not.
func created(r image.Record) time.Time {
	t, err := time.Parse(time.RFC3339, r.Created)
	if err != nil {
		return time.Time{}
	}
	return t
}

// sortRows sorts by a column; by name where that is the same.
func sortRows(rows []row, column string) error {
	var compare func(a, b row) int
	switch column {
	case "", "created":
		compare = func(a, b row) int { return created(b.Record).Compare(created(a.Record)) }
	case "id":
		compare = func(a, b row) int { return strings.Compare(a.ID, b.ID) }
	case "repository":
		compare = func(a, b row) int { return strings.Compare(a.repository, b.repository) }
	case "tag":
		compare = func(a, b row) int { return strings.Compare(a.tag, b.tag) }
	case "size":
		compare = func(a, b row) int {
			switch d := a.Size() - b.Size(); {
			case d < 0:
				return -1
			case d > 0:
				return 1
			}
			return 0
		}
	default:
		return complain("--sort", column, errors.New("there is created, id, repository, size and tag"))
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if n := compare(a, b); n != 0 {
			return n
		}
		return strings.Compare(a.name, b.name)
	})
	return nil
}
