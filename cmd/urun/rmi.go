package main

import (
	"errors"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// run goes on with the others when one cannot be removed, and says in podman's words what was done.
func (c *rmiCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Names); err != nil {
		return 0, err
	}
	switch {
	case c.All && len(c.Names) > 0:
		return 0, errors.New("--all and IMAGE: write one of them")
	case !c.All && len(c.Names) == 0:
		return 0, errors.New("IMAGE is missing: name one, or write --all")
	}
	s, err := imageStore()
	if err != nil {
		return 0, err
	}
	var words []string
	for _, word := range c.Names {
		words = append(words, kept(word))
	}
	if c.All {
		list, _, err := s.List()
		if err != nil {
			return 0, err
		}
		for _, l := range list {
			words = append(words, string(l.Manifest))
		}
	}
	for _, word := range words {
		rerr := c.remove(s, word)
		if err != nil && rerr != nil {
			notice(err.Error())
		}
		if rerr != nil {
			err = rerr
		}
	}
	return 0, err
}

// remove takes the name away, and the image when that was its last one.
func (c *rmiCmd) remove(s image.Store, word string) error {
	done, err := c.unlessUsed(s, word)
	says := ""
	for _, name := range done.Names {
		says += "Untagged: " + printable(name) + "\n"
	}
	if done.ID != "" {
		says += "Deleted: " + done.ID + "\n"
	}
	if done.Left {
		notice("its layers are still there, because images are being fetched or written; urun prune removes them later")
	}
	missing, inUse := (*image.NotFoundError)(nil), (*image.InUseError)(nil)
	switch {
	case errors.As(err, &missing) && (c.Ignore || c.Force || c.All):
		err = nil
	case errors.As(err, &inUse) && c.All:
		notice(err.Error())
		err = nil
	case errors.As(err, &missing):
		err = notFound(word, missing)
	}
	return errors.Join(printText(says), err)
}

// ending is how long an urun may take between the end of its container and its own.
const ending = time.Second

// unlessUsed removes it unless a container runs of it. Of one that has just ended the urun may still be there.
func (c *rmiCmd) unlessUsed(s image.Store, word string) (done image.Removed, err error) {
	for end := time.Now().Add(ending); ; time.Sleep(ending / 50) {
		inUse := (*image.InUseError)(nil)
		done, err = s.RemoveNamed(word, c.Force || c.All, removeTrees)
		if !errors.As(err, &inUse) {
			return done, err
		}
		users, uerr := usersOf(s, word)
		if len(users) > 0 {
			return done, usedError{inUse, strings.Join(users, " ")}
		}
		if uerr != nil || time.Now().After(end) {
			return done, err
		}
	}
}

// usedError says which containers run of an image.
type usedError struct {
	*image.InUseError
	names string
}

func (e usedError) Error() string {
	return "the image " + e.Image + " is in use by " + strings.ReplaceAll(e.names, " ", ", ") + "; end what runs first: urun stop " + e.names
}

func (e usedError) Unwrap() error { return e.InUseError }

// usersOf are the containers that run of an image.
func usersOf(s image.Store, word string) (names []string, err error) {
	_, image, err := s.Find(word)
	if err != nil {
		return nil, err
	}
	list, err := access().All()
	for _, r := range list {
		if r.Alive && r.ImageID == image.ID {
			names = append(names, r.Called())
		}
	}
	return names, err
}
