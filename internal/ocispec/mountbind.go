package ocispec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func (b *build) longBind(dst string, l longMount, complain func(string) error) (specs.Mount, error) {
	if l.src == "" {
		return specs.Mount{}, complain("src= is missing; write src=PATH, a file or directory of the host")
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
	if o.deep && !o.readonly {
		return specs.Mount{}, complain("bind-recursive=readonly is about a mount that is read-only; add ro")
	}
	return specs.Mount{Destination: dst, Type: "bind", Source: src, Options: o.list()}, nil
}

// setLong applies one field of a --mount of type bind.
func (o *bindOptions) setLong(field string) (why string) {
	key, value, given := strings.Cut(field, "=")
	switch key {
	case "bind-propagation":
		if strings.TrimPrefix(value, "r") != "private" && o.set(value) == "" {
			return "write bind-propagation=private"
		}
		return o.set(value)
	case "relabel":
		if value == "shared" || value == "private" {
			return ""
		}
		return "write relabel=shared or relabel=private"
	case "bind-recursive":
		switch value {
		case "enabled", "readonly":
			o.single, o.deep = false, value == "readonly"
		case "disabled":
			o.single = true
		default:
			return "write bind-recursive=enabled, bind-recursive=disabled or, with ro, bind-recursive=readonly"
		}
		return ""
	case "bind-nonrecursive":
		key = "bind"
	case "chown":
		key = "U"
	}
	if !given {
		if newBindOptions().set(key) == unknownBindOption(key) {
			return unknownBindKey(key)
		}
		return o.set(key)
	}
	contrary, known := map[string]string{"ro": "rw", "readonly": "rw", "rw": "ro", "bind": "rbind", "rbind": "bind", "suid": "nosuid", "nosuid": "suid",
		"dev": "nodev", "nodev": "dev", "exec": "noexec", "noexec": "exec", "U": "", "idmap": ""}[key]
	yes, err := strconv.ParseBool(value)
	switch {
	case !known:
		return unknownBindKey(key)
	case err != nil:
		return "bad field " + strconv.Quote(field) + "; it is true or false"
	case yes:
		return o.set(key)
	case contrary == "":
		return ""
	}
	return o.set(contrary)
}

func unknownBindKey(key string) string {
	return "unknown key " + strconv.Quote(key) + "; there is type, src, dst, ro, rw, bind-nonrecursive, bind-recursive, bind-propagation, relabel, " +
		"suid, nosuid, dev, nodev, exec, noexec and noatime"
}
