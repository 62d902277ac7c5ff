package ocispec

import (
	"errors"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ProcessFlags choose the command's surroundings.
type ProcessFlags struct {
	Env         []string `name:"env" short:"e" placeholder:"NAME[=VALUE]" sep:"none" help:"Set a variable, or pass on yours. May be repeated."`
	EnvFile     []string `name:"env-file" placeholder:"FILE" sep:"none" help:"Set the variables of a file, a NAME=VALUE a line. May be repeated."`
	Entrypoint  *string  `name:"entrypoint" placeholder:"PROGRAM" help:"Run PROGRAM, or a JSON list of it and arguments, with CMD as its arguments, instead of the image's; an empty one takes that away."`
	Hostname    string   `name:"hostname" placeholder:"NAME" help:"The container's host name."`
	Name        string   `name:"name" placeholder:"NAME" help:"The container's name."`
	Init        *bool    `name:"init" negatable:"" help:"Have an init as process 1 that reaps orphans (the default); --no-init makes it the command."`
	Ulimit      []string `name:"ulimit" placeholder:"NAME=SOFT[:HARD]" sep:"none" help:"A limit of getrlimit(2), such as nofile=1024. May be repeated."`
	Sysctl      []string `name:"sysctl" placeholder:"KEY=VALUE" sep:"none" help:"A kernel setting of the container's namespaces. May be repeated."`
	PID         string   `name:"pid" placeholder:"MODE" help:"Processes: private (the default) or host."`
	IPC         string   `name:"ipc" placeholder:"MODE" help:"Shared memory and queues: private (the default) or host."`
	UTS         string   `name:"uts" placeholder:"MODE" help:"Host name: private (the default) or host."`
	Interactive bool     `name:"interactive" short:"i" help:"With --detach: urun attach can write to the command's stdin. In the foreground stdin is always open."`
	TTY         *bool    `name:"tty" short:"t" negatable:"" help:"Give the command a terminal of its own, or none; without the flag it has one when stdin and stdout are one."`
}

func (f *ProcessFlags) apply(b *build) error {
	if err := f.applyNamespaces(b); err != nil {
		return err
	}
	if err := f.applyNames(b); err != nil {
		return err
	}
	f.applyCommand(b)
	p := b.spec.Process
	if len(p.Args) > 0 && p.Args[0] == "" {
		return errors.New("the command is empty; write a program's name, or leave it out for a shell")
	}
	var err error
	if p.Rlimits, err = rlimits(f.Ulimit); err != nil {
		return err
	}
	p.Rlimits = noCore(p.Rlimits)
	if b.spec.Linux.Sysctl, err = sysctls(b.spec, f.Sysctl); err != nil {
		return err
	}
	p.Env, err = f.environment(b)
	return err
}

func (f *ProcessFlags) applyNamespaces(b *build) error {
	for _, ns := range []struct {
		flag, mode string
		kind       specs.LinuxNamespaceType
	}{
		{"--pid", f.PID, specs.PIDNamespace},
		{"--ipc", f.IPC, specs.IPCNamespace},
		{"--uts", f.UTS, specs.UTSNamespace},
	} {
		switch ns.mode {
		case "", "private":
		case "host":
			b.drop(ns.kind)
		default:
			return bad(ns.flag, ns.mode, "there is private (the default) and host")
		}
	}
	return nil
}

func (f *ProcessFlags) applyNames(b *build) error {
	private := namespace(b.spec, specs.UTSNamespace) != nil
	switch {
	case f.Name != "" && !validName(f.Name):
		return bad("--name", f.Name, "a name is up to 64 letters, digits, _, . and -, and begins with a letter or digit")
	case f.Hostname != "" && !private:
		return bad("--hostname", f.Hostname, "with --uts host the name is the host's; leave one of them out")
	case f.Hostname != "" && !validHostname(f.Hostname):
		return bad("--hostname", f.Hostname, "a host name is up to 64 letters, digits, - and ., and begins with a letter or digit")
	}
	b.extra.Name = f.Name
	b.extra.ImpliedHostname = private && f.Hostname == ""
	switch {
	case !private:
	case f.Hostname != "":
		b.spec.Hostname = f.Hostname
	case validHostname(f.Name):
		b.spec.Hostname = f.Name
	case len(b.in.ID) >= 12 && validHostname(b.in.ID[:12]):
		b.spec.Hostname = b.in.ID[:12]
	default:
		b.spec.Hostname = "urun"
	}
	return nil
}

func (f *ProcessFlags) applyCommand(b *build) {
	p := b.spec.Process
	p.Args = f.args(b)
	b.extra.DefaultCommand = len(p.Args) == 0
	b.extra.Init = f.Init == nil || *f.Init
	p.Terminal = b.in.TerminalIn && b.in.TerminalOut
	if f.TTY != nil {
		p.Terminal = *f.TTY
	}
}

// validName tells whether a name may name a container. It ends up in paths and in names of systemd units.
func validName(s string) bool {
	return len(s) <= 64 && wordOf(s, "_.-")
}

// validHostname tells whether sethostname(2) and other programs take the name.
func validHostname(s string) bool {
	return len(s) <= 64 && wordOf(s, ".-")
}

// wordOf tells whether s is letters, digits and the other characters, beginning with a letter or a digit.
func wordOf(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !alnum && (i == 0 || strings.IndexByte(others, c) < 0) {
			return false
		}
	}
	return s != ""
}

var errNoCommand = errors.New("there is no command to run: write one after ROOTFS")
