package main

import (
	"os"
	"runtime"
)

// version is stamped by the build: -ldflags "-X main.version=…".
var version = "unreleased"

func (c *versionCmd) run() (status int, err error) {
	_, err = os.Stdout.WriteString("urun " + version + " " + runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version() + "\n")
	return 0, err
}

func (c *helpCmd) run() (status int, err error) {
	text, err := helpFor(c.verb)
	if err != nil {
		return 0, err
	}
	_, err = os.Stdout.WriteString(text)
	return 0, err
}
