package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/state"
)

// run prints all containers that are named, or none.
func (c *inspectCmd) run() (status int, err error) {
	var layout layout
	if c.Format != "" && c.Format != "json" {
		if layout, err = parseFormat(c.Format); err != nil {
			return 0, errors.New("--format: " + err.Error())
		}
	}
	if c.Type != "" && c.Type != "container" && c.Type != "image" {
		return 0, complain("--type", c.Type, errors.New("there is container and image"))
	}
	if err := behind("NAME", c.Names); err != nil {
		return 0, err
	}
	var list []any
	for _, name := range c.Names {
		r, err := c.inspect(name)
		if err != nil {
			return 0, err
		}
		list = append(list, r)
	}
	if layout == nil {
		return 0, printJSON(list)
	}
	var b strings.Builder
	for _, r := range list {
		line, err := layout.render(generic(r))
		if err != nil {
			return 0, errors.New("--format: " + err.Error())
		}
		b.WriteString(line + "\n")
	}
	return 0, printText(b.String())
}

// inspect looks for a container of that name first, as podman does.
func (c *inspectCmd) inspect(name string) (any, error) {
	s := images()
	if c.Type != "image" {
		r, err := access().Inspect(name)
		missing := (*state.NotFoundError)(nil)
		if !errors.As(err, &missing) || c.Type == "container" || s.Dir == "" {
			return r, err
		}
	}
	if s.Dir == "" {
		_, err := imageStore()
		return nil, err
	}
	_, r, err := s.Find(kept(name))
	missing := (*image.NotFoundError)(nil)
	switch {
	case err == nil:
		return inspectImage(s, r)
	case !errors.As(err, &missing) && c.Type == "image":
		return nil, err
	case errors.As(err, &missing) && (missing.Because != nil || c.Type == "image"):
		return nil, notFound(name, missing)
	}
	return nil, errors.New("there is no container " + strconv.Quote(name) + ", and no image of that name; urun ps -a and urun images list those that there are")
}

// generic is what a value looks like in JSON.
func generic(v any) (out any) {
	b, err := json.Marshal(v)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		err = d.Decode(&out)
	}
	if err != nil {
		return nil // of strings, numbers, lists and maps nothing fails
	}
	return out
}

// run prints a line for each published port as podman does, or only where PORT is published.
func (c *portCmd) run() (status int, err error) {
	if len(c.Args) > 2 {
		return 0, errors.New("one CONTAINER and one PORT at most; " + strconv.Quote(c.Args[2]) + " is too much")
	}
	r, err := access().Lookup(c.Args[0])
	if err != nil {
		return 0, err
	}
	want := ""
	if len(c.Args) == 2 {
		ports, err := network.ParseExpose(c.Args[1])
		if err != nil || len(ports) != 1 {
			return 0, errors.New("PORT " + strconv.Quote(c.Args[1]) + ": write a port inside, such as 80 or 53/udp")
		}
		want = ports[0].Container()
	}
	var b strings.Builder
	for _, p := range r.Network.Ports {
		inside, host := strconv.Itoa(int(p.ContainerPort))+"/"+p.Protocol, net.JoinHostPort(p.HostIP, strconv.Itoa(int(p.HostPort)))
		switch want {
		case "":
			b.WriteString(inside + " -> " + host + "\n")
		case inside:
			b.WriteString(host + "\n")
		}
	}
	if want != "" && b.Len() == 0 {
		return 0, errors.New("the container " + strconv.Quote(r.Called()) + " publishes no port " + want)
	}
	return 0, printText(b.String())
}
