package ocispec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func (b *build) longBind(dst string, l longMount, complain func(string) error) (specs.Mount, error) {
	if l.src == "" {
		return specs.Mount{}, complain("the source is missing; write src=PATH")
	}
	src, err := b.abs("--mount", l.src)
	if err != nil {
		return specs.Mount{}, err
	}
	o := newBindOptions()
	for _, opt := range l.options {
		if why := o.setLong(opt); why != "" {
			return specs.Mount{}, complain(why)
		}
	}
	return specs.Mount{Destination: dst, Type: "bind", Source: src, Options: o.list()}, nil
}

// setLong applies one field of a --mount of type bind.
func (o *bindOptions) setLong(field string) (why string) {
	key, value, given := strings.Cut(field, "=")
	switch key {
	case "bind-propagation":
		return o.set(value)
	case "relabel":
		if value == "shared" || value == "private" {
			return ""
		}
		return "write relabel=shared or relabel=private"
	case "bind-recursive":
		switch value {
		case "enabled", "readonly":
			o.single = false
		case "disabled":
			o.single = true
		default:
			return "write bind-recursive=enabled or bind-recursive=disabled"
		}
		return ""
	case "bind-nonrecursive":
		key = "bind"
	case "chown":
		key = "U"
	}
	yes := true
	if given {
		var err error
		if yes, err = strconv.ParseBool(value); err != nil {
			return "bad field " + strconv.Quote(field) + "; it is true or false"
		}
	}
	if !yes {
		contrary := map[string]string{"ro": "rw", "readonly": "rw", "rw": "ro", "bind": "rbind", "suid": "nosuid", "nosuid": "suid",
			"dev": "nodev", "nodev": "dev", "exec": "noexec", "noexec": "exec"}[key]
		switch {
		case key == "U" || key == "idmap":
			return ""
		case contrary == "":
			return "unknown field " + strconv.Quote(field)
		}
		key = contrary
	}
	return o.set(key)
}
