package ocispec

import (
	"errors"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ExecFlags choose the surroundings of a command in a container that runs.
type ExecFlags struct {
	Env         []string `name:"env" short:"e" placeholder:"NAME[=VALUE]" sep:"none" help:"Set a variable, or pass on yours. May be repeated."`
	EnvFile     []string `name:"env-file" placeholder:"FILE" sep:"none" help:"Set the variables of a file, a NAME=VALUE a line. May be repeated."`
	User        string   `name:"user" short:"u" placeholder:"USER[:GROUP]" help:"Who the command runs as, by the container's own passwd; the default is the container's user."`
	Workdir     string   `name:"workdir" aliases:"cwd" short:"w" placeholder:"DIR" help:"The command's working directory; the default is the container's."`
	TTY         *bool    `name:"tty" short:"t" negatable:"" help:"Give the command a terminal of its own, or none; without the flag it has one when stdin and stdout are one."`
	Interactive bool     `name:"interactive" short:"i" help:"Accepted: stdin is always open."`
	Detach      bool     `name:"detach" short:"d" help:"Do not wait for the command; its input is empty, and its output goes nowhere."`
}

// Process is a command beside the one of a container, whose process in its final specification is own: with the same
// environment, limits and capabilities but for what the flags say. Who the user is called in the container, [As] puts in.
func (f *ExecFlags) Process(own *specs.Process, in Invocation) (*specs.Process, error) {
	if len(in.Command) == 0 || in.Command[0] == "" {
		return nil, errors.New("the command is empty; write a program's name")
	}
	p := *own
	p.Args, p.ConsoleSize = in.Command, nil
	p.Terminal = in.TerminalIn && in.TerminalOut && !f.Detach
	if f.TTY != nil {
		p.Terminal = *f.TTY
	}
	if p.Terminal && f.Detach {
		return nil, errors.New("--detach: nobody would see the terminal; leave --tty out")
	}
	if f.Workdir != "" {
		if !strings.HasPrefix(f.Workdir, "/") {
			return nil, bad("--workdir", f.Workdir, "write an absolute path inside the container")
		}
		p.Cwd = f.Workdir
	}
	env := newEnviron(len(p.Env) + len(f.Env) + 1)
	for _, entry := range p.Env {
		name, value, _ := strings.Cut(entry, "=")
		env.set(name, value)
	}
	if _, has := env.at["TERM"]; p.Terminal && !has {
		term, _ := lookup(in.Environ, "TERM")
		if term == "" {
			term = "xterm"
		}
		env.set("TERM", term)
	}
	b := &build{in: in}
	for _, file := range f.EnvFile {
		if err := b.envFile(env, file); err != nil {
			return nil, err
		}
	}
	for _, entry := range f.Env {
		if why := env.add(entry, in.Environ); why != "" {
			return nil, bad("--env", entry, why)
		}
	}
	p.Env = env.list
	return &p, nil
}

// As makes another user of the container's the command's: with that user's groups and home. As with podman root has the
// capabilities that the container may have, and another user those that were asked for by name, if it is the container's own.
func As(p *specs.Process, user specs.User, home string, homeGiven bool) {
	umask := p.User.Umask
	same := p.User.UID == user.UID
	if p.User = user; p.User.Umask == nil {
		p.User.Umask = umask
	}
	if home != "" && !homeGiven {
		env := newEnviron(len(p.Env) + 1)
		for _, entry := range p.Env {
			name, value, _ := strings.Cut(entry, "=")
			env.set(name, value)
		}
		env.set("HOME", home)
		p.Env = env.list
	}
	if p.Capabilities == nil || same {
		return
	}
	c := *p.Capabilities
	c.Inheritable, c.Ambient = nil, nil
	c.Effective, c.Permitted = nil, nil
	if user.UID == 0 {
		c.Effective, c.Permitted = slices.Clone(c.Bounding), slices.Clone(c.Bounding)
	}
	p.Capabilities = &c
}

// Mapped tells whether the ids of a user exist in a container that runs, with these maps.
func Mapped(user specs.User, uids, gids []specs.LinuxIDMapping) error {
	if err := checkMapped("user", user.UID, uids, theseIDs); err != nil {
		return err
	}
	for _, gid := range append([]uint32{user.GID}, user.AdditionalGids...) {
		if err := checkMapped("group", gid, gids, theseIDs); err != nil {
			return err
		}
	}
	return nil
}
