package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

func (c *saveCmd) run() (status int, err error) {
	if err := behind("IMAGE", c.Names); err != nil {
		return 0, err
	}
	r, err := registryFlags{}.request("save", c.Quiet)
	if err != nil {
		return 0, err
	}
	r.Format = c.Format
	switch c.Format {
	case "":
		r.Format = "docker-archive"
	case "docker-archive", "oci-archive", "oci-dir":
	default:
		return 0, complain("--format", c.Format, errors.New("there is docker-archive, oci-archive and oci-dir"))
	}
	switch {
	case c.Output != "":
		if r.To, err = filepath.Abs(c.Output); err != nil {
			return 0, err
		}
	case c.Format == "oci-dir":
		return 0, errors.New("--format oci-dir writes a directory: name it with --output DIR")
	case isTerminal(1):
		return 0, errors.New("urun save writes an archive, and standard output is a terminal: write -o FILE, or send it elsewhere (urun save IMAGE | gzip >FILE)")
	default:
		r.To = "-"
	}
	for _, name := range c.Names {
		e, rec, err := found(image.Store{Dir: r.Store}, name)
		if err != nil {
			return 0, err
		}
		r.Sources = append(r.Sources, called(e, rec))
	}
	_, err = ask(r, nil, os.Stdout)
	return 0, err
}

func (c *loadCmd) run() (status int, err error) {
	r, err := registryFlags{}.request("load", c.Quiet)
	if err != nil {
		return 0, err
	}
	r.Sources = []string{"-"}
	switch {
	case c.Input != "":
		path, err := filepath.Abs(c.Input)
		if err != nil {
			return 0, err
		}
		if _, err := os.Stat(path); err != nil {
			return 0, complain("--input", c.Input, errors.Unwrap(err))
		}
		r.Sources[0] = path
	case isTerminal(0):
		return 0, errors.New("urun load reads an archive, and standard input is a terminal: write -i FILE, or urun load <FILE")
	}
	done, err := ask(r, os.Stdin, nil)
	var b strings.Builder
	for _, d := range done {
		name := d.Name
		if name == "" {
			name = "sha256:" + d.ID
		}
		b.WriteString("Loaded image: " + printable(name) + "\n")
	}
	return 0, errors.Join(printText(b.String()), err)
}

// called is the name by which an image was found, or its id.
func called(e image.Entry, r image.Record) string {
	if e.Name == "" {
		return r.ID
	}
	return e.Name
}

// isTerminal tells whether a descriptor is one, in the background as well.
func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
