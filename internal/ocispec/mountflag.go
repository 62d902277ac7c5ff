package ocispec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// mount reads --mount's list of KEY=VALUE, which is one line of CSV.
func (b *build) mount(value string) (specs.Mount, error) {
	complain := func(why string) error { return bad("--mount", value, why) }
	fields, ok := splitCSV(value)
	if !ok {
		return specs.Mount{}, complain(`a quotation mark is in the wrong place; quote a whole field, and write "" for a mark inside`)
	}
	var l longMount
	for _, field := range fields {
		if why := l.set(field); why != "" {
			return specs.Mount{}, complain(why)
		}
	}
	switch l.kind {
	case "bind", "tmpfs", "devpts":
		return b.longMount(l, complain)
	case "":
		return specs.Mount{}, complain("type= is missing; write type=bind,src=PATH,dst=PATH or type=tmpfs,dst=PATH (docker's and podman's own default, a named volume, is not there)")
	case "volume":
		return specs.Mount{}, complain("urun has no named volumes; write type=bind,src=DIR,dst=DST")
	case "image", "glob", "artifact", "ramfs", "npipe", "cluster":
		return specs.Mount{}, complain("urun has no mounts of type " + l.kind + "; there is bind, tmpfs and devpts")
	}
	return specs.Mount{}, complain("unknown type; there is bind, tmpfs and devpts")
}

// longMount is a mount of a type that urun has.
func (b *build) longMount(l longMount, complain func(string) error) (specs.Mount, error) {
	if l.dst == "" {
		return specs.Mount{}, complain("dst= is missing; write dst=PATH, the place inside")
	}
	dst, err := destination(l.dst, complain)
	switch {
	case err != nil:
		return specs.Mount{}, err
	case l.kind == "tmpfs":
		return l.tmpfs(dst, complain)
	case l.kind == "devpts":
		return l.devpts(dst, complain)
	}
	return b.longBind(dst, l, complain)
}

// longMount is what a --mount says before it is known what its type makes of it.
type longMount struct {
	kind, src, dst string
	options        []string // KEY or KEY=VALUE, in order
}

func (l *longMount) set(field string) (why string) {
	key, value, given := strings.Cut(field, "=")
	into := map[string]*string{
		"type": &l.kind, "src": &l.src, "source": &l.src, "dst": &l.dst, "destination": &l.dst, "target": &l.dst,
	}[key]
	switch {
	case key == "":
		return "a field is empty; write KEY=VALUE,KEY=VALUE"
	case into == nil:
		l.options = append(l.options, field)
	case !given || value == "":
		return key + " lacks its value"
	case *into != "":
		return key + " is given twice"
	default:
		*into = value
	}
	return ""
}

func (l longMount) tmpfs(dst string, complain func(string) error) (specs.Mount, error) {
	if l.src != "" && l.src != "tmpfs" {
		return specs.Mount{}, complain("a tmpfs has no source; write type=tmpfs,dst=DST")
	}
	o := newTmpfsOptions()
	for _, opt := range l.options {
		switch opt {
		case "readonly", "ro=true", "readonly=true":
			opt = "ro"
		case "ro=false", "readonly=false":
			opt = "rw"
		}
		if why := o.set(strings.TrimPrefix(opt, "tmpfs-")); why != "" {
			return specs.Mount{}, complain(why)
		}
	}
	return o.mount(dst), nil
}

func (l longMount) devpts(dst string, complain func(string) error) (specs.Mount, error) {
	if l.src != "" && l.src != "devpts" {
		return specs.Mount{}, complain("a devpts has no source; write type=devpts,dst=DST")
	}
	m := specs.Mount{Destination: dst, Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666"}}
	for _, opt := range l.options {
		key, value, _ := strings.Cut(opt, "=")
		ok := false
		switch key {
		case "uid", "gid":
			_, ok = parseID(value)
		case "mode":
			mode, err := strconv.ParseUint(value, 8, 16)
			ok = err == nil && mode <= 0o777
		case "max":
			_, ok = parseID(value)
		}
		if !ok {
			return specs.Mount{}, complain("bad field " + strconv.Quote(opt) + "; a devpts has uid=, gid=, mode= and max=")
		}
		m.Options = append(m.Options, opt)
	}
	return m, nil
}
