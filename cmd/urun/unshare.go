package main

import (
	"errors"
	"os"

	"github.com/urun-project/urun/internal/container"
)

func (c *unshareCmd) run() (status int, err error) {
	if c.Command[0] == "" {
		return 0, errors.New("CMD is empty: write " + "urun unshare [FLAGS] CMD [ARG...]")
	}
	mode, err := c.Mode(false)
	if err != nil {
		return 0, err
	}
	o := container.Options{Notice: notice, Within: within(), Strict: c.Strict, Debug: debugging(c.Debug)}
	if c.Quiet {
		o.Notice = quiet
	}
	if o.UserNS, err = wish(mode, c.UIDMap, c.GIDMap); err != nil {
		return 0, err
	}
	o.Net = c.Net
	return container.Unshare(c.Command, os.Environ(), o)
}
