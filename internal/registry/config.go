package registry

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Config is what registries.conf and its like say (containers-registries.conf(5), version 2 of the format).
type Config struct {
	search  []string // for names without a registry; nil: nobody has said any
	mode    string   // what is done with several of them: "enforcing", "permissive", "disabled"
	aliases map[string]string
	tables  []table
}

// table is a [[registry]] of it.
type table struct {
	Prefix, Location            string
	Insecure, Blocked, ByDigest bool
	Mirrors                     []mirror
}

type mirror struct {
	Location string
	Insecure bool
	Pull     string // "all", "digest-only", "tag-only"
}

// ReadConfig reads them: $CONTAINERS_REGISTRIES_CONF, or else the user's or else the machine's registries.conf,
// and the files of registries.conf.d of both. None of them need be there.
func ReadConfig(environ map[string]string) (*Config, error) { return readConfig(environ, "/etc") }

func readConfig(environ map[string]string, etc string) (*Config, error) {
	system, user := filepath.Join(etc, "containers"), ""
	if dir := configHome(environ); dir != "" {
		user = filepath.Join(dir, "containers")
	}
	c := &Config{aliases: map[string]string{}}
	if named := environ["CONTAINERS_REGISTRIES_CONF"]; named != "" {
		if err := c.read(named); err != nil {
			return nil, err
		}
	} else if err := c.readFirst(user, system); err != nil {
		return nil, err
	}
	for _, dir := range []string{system, user} { // the later one counts
		if dir == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "registries.conf.d", "*.conf"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, file := range files {
			if err := c.read(file); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// readFirst reads the user's file or, without one, the machine's.
func (c *Config) readFirst(dirs ...string) error {
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if err := c.read(filepath.Join(dir, "registries.conf")); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (c *Config) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return c.add(file, text)
}

// configHome is where the user's configuration is; empty where there is no home.
func configHome(environ map[string]string) string {
	if dir := environ["XDG_CONFIG_HOME"]; filepath.IsAbs(dir) { // the specification has relative ones ignored
		return dir
	}
	if home := environ["HOME"]; home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

// find is the table with the longest prefix that fits a name, and how much of the name that is.
func (c *Config) find(name string) (found *table, matched int) {
	for i := range c.tables {
		if n := match(c.tables[i].Prefix, name); n > 0 && (found == nil || len(c.tables[i].Prefix) > len(found.Prefix)) {
			found, matched = &c.tables[i], n
		}
	}
	return found, matched
}

// match is the length of what a prefix stands for in a name, or 0. A host without a port does not stand for that host with
// one: that is another server.
func match(prefix, name string) int {
	if domain, ok := strings.CutPrefix(prefix, "*"); ok {
		if host, _, _ := strings.Cut(name, "/"); strings.HasSuffix(host, domain) && len(host) > len(domain) {
			return len(host)
		}
		return 0
	}
	rest, ok := strings.CutPrefix(name, prefix)
	if ok && (rest == "" || rest[0] == '/' || strings.Contains(prefix, "/") && (rest[0] == ':' || rest[0] == '@')) {
		return len(prefix)
	}
	return 0
}
