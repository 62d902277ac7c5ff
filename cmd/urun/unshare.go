package main

import (
	"os"

	"github.com/urun-project/urun/internal/container"
)

func (c *unshareCmd) run() (status int, err error) {
	mode, err := c.Mode(false)
	if err != nil {
		return 0, err
	}
	o := container.Options{Notice: notice}
	if o.UserNS, err = wish(mode, c.UIDMap, c.GIDMap); err != nil {
		return 0, err
	}
	return container.Unshare(c.Command, os.Environ(), o)
}
