package main

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// imageFilter is what is asked for by key; the values of one are alternatives, as with urun ps.
type imageFilter map[string][]string

// parseImageFilters reads them. find finds the image of before= and since=.
func parseImageFilters(args []string, find func(name string) (image.Record, error)) (f imageFilter, err error) {
	f = imageFilter{}
	const there = "there is dangling, reference, label, before and since"
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || value == "" {
			return nil, complain("--filter", arg, errors.New("write KEY=VALUE; "+there))
		}
		switch key {
		case "label":
		case "reference":
			if _, err := path.Match(value, ""); err != nil {
				return nil, complain("--filter", arg, errors.New("a [ in the pattern is not closed"))
			}
		case "dangling":
			yes, err := strconv.ParseBool(value)
			if err != nil {
				return nil, complain("--filter", arg, errors.New("write dangling=true or dangling=false"))
			}
			value = strconv.FormatBool(yes)
		case "after":
			key = "since"
			fallthrough
		case "before", "since":
			r, err := find(value)
			if err != nil {
				return nil, err
			}
			value = created(r).Format(time.RFC3339Nano)
		default:
			return nil, complain("--filter", arg, errors.New(there))
		}
		f[key] = append(f[key], value)
	}
	return f, nil
}

func (f imageFilter) fits(r row) bool {
	for key, values := range f {
		if !slices.ContainsFunc(values, func(v string) bool { return r.matches(key, v) }) {
			return false
		}
	}
	return true
}

func (r row) matches(key, value string) bool {
	switch key {
	case "dangling":
		return strconv.FormatBool(len(r.Names) == 0) == value
	case "reference":
		return isReference(r.name, value)
	case "label":
		name, want, valued := strings.Cut(value, "=")
		have, ok := r.Config.Labels[name]
		return ok && (!valued || have == want)
	}
	at, _ := time.Parse(time.RFC3339Nano, value) // it was written by Format
	if key == "before" {
		return created(r.Record).Before(at)
	}
	return created(r.Record).After(at)
}

// isReference tells whether a pattern names an image, with or without tag, and from any of its slashes on: alpine is
// docker.io/library/alpine:3.20, and so is library/alp*:3.*.
func isReference(name, pattern string) bool {
	for name != "" {
		untagged := name
		if at := strings.LastIndexAny(name, ":@/"); at > 0 && name[at] != '/' {
			untagged, _, _ = strings.Cut(name, "@")
			if !strings.Contains(name, "@") {
				untagged = name[:at]
			}
		}
		for _, s := range []string{name, untagged} {
			if ok, _ := path.Match(pattern, s); ok {
				return true
			}
		}
		_, name, _ = strings.Cut(name, "/")
	}
	return false
}
