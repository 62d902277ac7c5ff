package main

import (
	"errors"

	"github.com/urun-project/urun/internal/attach"
	"github.com/urun-project/urun/internal/container"
)

// defaultKeys are podman's and docker's.
const defaultKeys = "ctrl-p,ctrl-q"

func (c *attachCmd) run() (status int, err error) {
	if err := alone(c.Args); err != nil {
		return 0, err
	}
	how := container.Attaching{NoStdin: c.NoStdin, NoProxy: c.SigProxy != nil && !*c.SigProxy, Notice: notice}
	keys := c.DetachKeys
	switch keys {
	case "":
		keys = defaultKeys
	case "none":
		keys = ""
	}
	if how.Keys, err = attach.ParseKeys(keys); err != nil {
		return 0, errors.New("--detach-keys: " + err.Error())
	}
	a := access()
	r, err := a.Lookup(c.Args[0])
	if err != nil {
		return 0, err
	}
	status, detached, err := a.Attach(r, how)
	if detached {
		status = 0
	}
	return status, err
}
