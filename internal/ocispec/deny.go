package ocispec

import (
	"path"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// deny reads --deny. With the host's root a path is the host's, and relative to the caller's directory as that of a volume is;
// else it is one inside. user are the mounts that were asked for: one that would be hidden with the rest is a contradiction.
func (f *FileFlags) deny(b *build, user []specs.Mount) error {
	for _, value := range f.Deny {
		at := path.Clean(value)
		switch {
		case value == "":
			return bad("--deny", value, "it is empty; name a file or a directory")
		case b.extra.HostRoot:
			var err error
			if at, err = b.abs("--deny", value); err != nil {
				return err
			}
		case value[0] != '/':
			return bad("--deny", value, "write the path inside from / on")
		}
		if at == "/" {
			return bad("--deny", value, "without the root there is no container; name what is below it")
		}
		for _, m := range user {
			if Within(m.Destination, at) {
				return bad("--deny", value, "it would hide what is mounted at "+strconv.Quote(m.Destination)+"; leave out one of the two")
			}
		}
		b.extra.Deny = append(b.extra.Deny, at)
	}
	return nil
}

// Within tells whether a clean path is another one, or below it.
func Within(at, dir string) bool { return at == dir || dir == "/" || strings.HasPrefix(at, dir+"/") }
