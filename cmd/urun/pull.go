package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// run prints the id of each image as podman does.
func (c *pullCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Names); err != nil {
		return 0, err
	}
	r, err := c.registryFlags.request("pull", c.Quiet)
	if err != nil {
		return 0, err
	}
	if r.Platform, err = platform(c.Platform); err != nil {
		return 0, err
	}
	if r.Policy, err = policy("--policy", c.Policy, "always"); err != nil {
		return 0, err
	}
	if r.Sources, err = sources(c.Names); err != nil {
		return 0, err
	}
	if r.All = c.All; c.All {
		for _, name := range c.Names {
			if n, _, err := image.ParseName(strings.TrimPrefix(name, "docker://")); err != nil || n.Digest != "" || strings.HasSuffix(name, ":"+n.Tag) {
				return 0, errors.New("--all-tags: " + strconv.Quote(name) + ": write the repository of a registry alone, without a tag")
			}
		}
	}
	done, err := ask(r, nil, nil)
	return 0, errors.Join(printText(ids(done)), err)
}

// ids are a line for each image that was fetched or is there.
func ids(done []image.Done) string {
	var b strings.Builder
	for _, d := range done {
		b.WriteString(d.ID + "\n")
	}
	return b.String()
}
