package ocispec

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// environment is the command's environment but for HOME, which only the rootfs's passwd knows.
func (f *ProcessFlags) environment(b *build) ([]string, error) {
	env := newEnviron(len(b.in.Environ) + len(f.Env) + 8)
	if b.extra.HostRoot {
		for _, entry := range b.in.Environ {
			if name, value, ok := strings.Cut(entry, "="); ok && name != "" && !leadsOut(name) {
				env.set(name, value)
			}
		}
	} else {
		env.set("PATH", defaultPath)
	}
	env.addImage(b.image().Env)
	if _, has := env.at["TERM"]; b.spec.Process.Terminal && !has {
		term, ok := lookup(b.in.Environ, "TERM")
		if !ok || term == "" {
			term = "xterm"
		}
		env.set("TERM", term)
	}
	if _, has := env.at["HOSTNAME"]; namespace(b.spec, specs.UTSNamespace) != nil && (!has || b.in.Image == nil) {
		env.set("HOSTNAME", b.spec.Hostname)
	}
	if _, has := env.at["container"]; !has || b.in.Image == nil { // some images say that they are one, as with podman
		env.set("container", "urun")
	}
	for _, file := range f.EnvFile {
		if err := b.envFile(env, file); err != nil {
			return nil, err
		}
	}
	for _, entry := range f.Env {
		if why := env.add(entry, b.in.Environ); why != "" {
			return nil, bad("--env", entry, why)
		}
	}
	return env.list, nil
}

// environ is a list of NAME=VALUE in which every name is there once.
type environ struct {
	list []string
	at   map[string]int
}

func newEnviron(size int) *environ {
	return &environ{list: make([]string, 0, size), at: make(map[string]int, size)}
}

func (e *environ) set(name, value string) {
	entry := name + "=" + value
	if i, ok := e.at[name]; ok {
		e.list[i] = entry
		return
	}
	e.at[name] = len(e.list)
	e.list = append(e.list, entry)
}

// add sets NAME=VALUE, or the caller's value for a bare NAME, and says what is wrong with it, or "" when nothing is. As with
// docker a bare name that the caller does not have sets nothing.
func (e *environ) add(entry string, caller []string) (why string) {
	name, value, given := strings.Cut(entry, "=")
	switch {
	case name == "":
		return "the name is empty; write NAME=VALUE, or NAME to pass on yours"
	case strings.ContainsAny(name, "\n\x00"):
		return "a newline or NUL in the name; write NAME=VALUE"
	case strings.IndexByte(value, 0) >= 0:
		return "a NUL in the value, where it would end"
	}
	if !given {
		if value, given = lookup(caller, name); !given {
			return ""
		}
	}
	e.set(name, value)
	return ""
}

// envFile reads a file as docker does: a NAME=VALUE a line with nothing quoted, or a bare NAME, and comments after #.
func (b *build) envFile(env *environ, file string) error {
	path, err := b.abs("--env-file", file)
	if err != nil {
		return err
	}
	data, why := readSmall(path)
	if why != "" {
		return bad("--env-file", file, why+"; name a file with a NAME=VALUE a line")
	}
	if why := env.addLines(string(data), b.in.Environ); why != "" {
		return bad("--env-file", file, why)
	}
	return nil
}

func (e *environ) addLines(text string, caller []string) (why string) {
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		why := e.add(line, caller)
		if strings.ContainsAny(name, " \t") {
			why = "a blank in the name " + strconv.Quote(name) + "; write NAME=VALUE"
		}
		if why != "" {
			return "line " + strconv.Itoa(i+1) + ": " + why
		}
	}
	return ""
}

// cause is an error's text without the operation and the path, which the line around it names already.
func cause(err error) string {
	var at *os.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return err.Error()
}

// lookup finds a variable; the first of several counts, as for getenv(3).
func lookup(environ []string, name string) (value string, ok bool) {
	for _, entry := range environ {
		if len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name {
			return entry[len(name)+1:], true
		}
	}
	return "", false
}
