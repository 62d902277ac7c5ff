package ocispec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// volume reads SRC[:DST][:OPTS]. A colon always parts; there is no escape for one in a path, --mount has no need of it.
func (b *build) volume(value string) (specs.Mount, error) {
	complain := func(why string) error { return bad("--volume", value, why) }
	src, rest, more := strings.Cut(value, ":")
	dst, opts, evenMore := strings.Cut(rest, ":")
	switch {
	case strings.Contains(opts, ":"):
		return specs.Mount{}, complain("too many colons; for a path with a colon write --mount type=bind,src=...,dst=...")
	case src == "":
		return specs.Mount{}, complain("the source is empty; write SRC[:DST][:OPTS]")
	case src[0] != '.' && !strings.Contains(src, "/"):
		return specs.Mount{}, complain("urun has no named volumes; for a directory write " + strconv.Quote("./"+src))
	case more && dst == "":
		return specs.Mount{}, complain("the destination is empty; write SRC:DST, or SRC alone for the same place inside")
	case evenMore && opts == "":
		return specs.Mount{}, complain("the options are empty; leave the last colon out")
	case !evenMore && dst != "" && dst[0] != '/' && areVolumeOptions(dst):
		dst, opts = "", dst // SRC:OPTS
	}
	src, err := b.abs("--volume", src)
	if err != nil {
		return specs.Mount{}, err
	}
	if dst == "" {
		dst = src
	}
	if dst, err = destination(dst, complain); err != nil {
		return specs.Mount{}, err
	}
	o := newBindOptions()
	if opts != "" {
		for _, opt := range strings.Split(opts, ",") {
			if why := o.set(opt); why != "" {
				return specs.Mount{}, complain(why)
			}
		}
	}
	return specs.Mount{Destination: dst, Type: "bind", Source: src, Options: o.list()}, nil
}

// areVolumeOptions goes by the first: what is wrong with the others is then said of options, not of a destination.
func areVolumeOptions(s string) bool {
	first, _, _ := strings.Cut(s, ",")
	return newBindOptions().set(first) == ""
}
