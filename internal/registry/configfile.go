package registry

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/urun-project/urun/internal/image"
)

// file is a registries.conf as it is written. Keys that are not here are for other programs, or of the first version.
type file struct {
	Search  *[]string         `toml:"unqualified-search-registries"`
	Mode    string            `toml:"short-name-mode"`
	Aliases map[string]string `toml:"aliases"`
	Tables  []fileTable       `toml:"registry"`
}

type fileTable struct {
	Prefix   string       `toml:"prefix"`
	Location string       `toml:"location"`
	Insecure bool         `toml:"insecure"`
	Blocked  bool         `toml:"blocked"`
	ByDigest bool         `toml:"mirror-by-digest-only"`
	Mirrors  []fileMirror `toml:"mirror"`
}

type fileMirror struct {
	Location string `toml:"location"`
	Insecure bool   `toml:"insecure"`
	Pull     string `toml:"pull-from-mirror"`
}

// add takes in a file, which counts more than those before it.
func (c *Config) add(name string, text []byte) error {
	var f file
	if err := toml.Unmarshal(text, &f); err != nil {
		line := 1
		var wrong *toml.DecodeError
		if errors.As(err, &wrong) {
			line, _ = wrong.Position()
		}
		return fmt.Errorf("%s:%d: %s", name, line, strings.TrimPrefix(err.Error(), "toml: "))
	}
	at := func(key string) string { return name + ":" + strconv.Itoa(lineOf(text, key)) + ": " }
	if f.Search != nil {
		c.search = *f.Search
	}
	for _, host := range c.search {
		if !strings.ContainsAny(host, ".:") && host != image.Localhost || strings.ContainsAny(host, "/@ ") {
			return fmt.Errorf("%s%q in unqualified-search-registries is no host", at("unqualified-search-registries"), host)
		}
	}
	switch f.Mode {
	case "":
	case "enforcing", "permissive", "disabled":
		c.mode = f.Mode
	default:
		return fmt.Errorf(`%sshort-name-mode is %q, and may be "enforcing", "permissive" or "disabled"`, at("short-name-mode"), f.Mode)
	}
	for short, full := range f.Aliases {
		if full == "" {
			delete(c.aliases, short)
			continue
		}
		host, repository, ok := strings.Cut(full, "/")
		if !ok || repository == "" || !strings.ContainsAny(host, ".:") && host != image.Localhost || strings.Contains(repository, ":") || strings.Contains(repository, "@") {
			return fmt.Errorf("%sthe alias of %q is %q, and has to be a registry and a repository without a tag", at("aliases."+short), short, full)
		}
		c.aliases[short] = full
	}
	for i, t := range f.Tables {
		checked, err := t.check()
		if err != nil {
			return fmt.Errorf("%s%w", at("registry["+strconv.Itoa(i)+"]"), err)
		}
		c.set(checked)
	}
	return nil
}

// set puts a table in the place of one with the same prefix.
func (c *Config) set(t table) {
	for i := range c.tables {
		if c.tables[i].Prefix == t.Prefix {
			c.tables[i] = t
			return
		}
	}
	c.tables = append(c.tables, t)
}

func (f fileTable) check() (table, error) {
	t := table{Prefix: strings.TrimSuffix(f.Prefix, "/"), Location: strings.TrimSuffix(f.Location, "/"), Insecure: f.Insecure, Blocked: f.Blocked, ByDigest: f.ByDigest}
	if t.Prefix == "" {
		t.Prefix = t.Location
	}
	wild := strings.HasPrefix(t.Prefix, "*.")
	switch {
	case t.Prefix == "":
		return t, errors.New("a [[registry]] needs a location or a prefix")
	case strings.Contains(strings.TrimPrefix(t.Prefix, "*"), "*") || wild && strings.ContainsAny(t.Prefix, "/:@"):
		return t, fmt.Errorf("the prefix %q: a * stands at the beginning of a host only, as in *.example.com", t.Prefix)
	case t.Location == "" && !wild && !t.Blocked:
		t.Location = t.Prefix
	}
	if err := address(t.Location); err != nil && t.Location != "" {
		return t, err
	}
	for _, m := range f.Mirrors {
		m.Location = strings.TrimSuffix(m.Location, "/")
		if err := address(m.Location); err != nil {
			return t, fmt.Errorf("a mirror of %s: %w", t.Prefix, err)
		}
		switch m.Pull {
		case "", "all", "digest-only", "tag-only":
		default:
			return t, fmt.Errorf(`the mirror %s: pull-from-mirror is %q, and may be "all", "digest-only" or "tag-only"`, m.Location, m.Pull)
		}
		if m.Pull != "" && t.ByDigest {
			return t, fmt.Errorf("the mirror %s: with mirror-by-digest-only there can be no pull-from-mirror", m.Location)
		}
		t.Mirrors = append(t.Mirrors, mirror(m))
	}
	return t, nil
}

// address tells whether a location can be one. A scheme is what people put there by mistake.
func address(location string) error {
	if scheme, rest, ok := strings.Cut(location, "://"); ok {
		return fmt.Errorf("the location %q: write %s without %s://; plain HTTP is \"insecure = true\"", location, rest, scheme)
	}
	if location == "" || strings.HasPrefix(location, "/") || strings.ContainsAny(location, " *@") {
		return fmt.Errorf("%q is no location: a host, perhaps with a port and a path", location)
	}
	return nil
}
