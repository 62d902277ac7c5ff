package registry

import (
	"fmt"
	"strings"

	"github.com/urun-project/urun/internal/image"
)

// Resolve gives the full names that a short one may stand for, in the order in which they are to be tried: an alias, or
// the registries for unqualified search, docker.io if none is set. With the mode "enforcing", several are an error
// that names them.
func (c *Config) Resolve(short string) ([]image.Name, error) {
	if _, _, err := image.ParseName(short); err != nil {
		return nil, err
	}
	path, rest := short, ""
	if i := strings.IndexByte(path, '@'); i >= 0 {
		path, rest = path[:i], path[i:]
	}
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		path, rest = path[:i], path[i:]+rest
	}
	if full, ok := c.aliases[path]; ok {
		return names([]string{full + rest})
	}
	search := c.search
	if search == nil {
		search = []string{image.DockerHub}
	}
	var full []string
	for _, host := range search {
		full = append(full, host+"/"+short)
	}
	switch {
	case len(full) == 0:
		return nil, fmt.Errorf("%s names no registry, and registries.conf has none to search: write the whole name, such as %s/%s", short, image.DockerHub, short)
	case len(full) > 1 && c.mode == "enforcing":
		return nil, fmt.Errorf("%s may be any of %s (short-name-mode is enforcing in registries.conf): write the whole name", short, strings.Join(full, ", "))
	}
	return names(full)
}

func names(full []string) ([]image.Name, error) {
	var list []image.Name
	for _, s := range full {
		n, _, err := image.ParseName(s)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}
