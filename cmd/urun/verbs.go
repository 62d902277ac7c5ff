package main

import "github.com/urun-project/urun/internal/ocispec"

// verb is one row of the table of verbs. make builds what the parser fills; only the verb in use is ever built, because the
// parser reads a struct by reflection, and all of them would take longer than a container takes to start.
type verb struct {
	name, args, help string
	rest             string // what the first argument that is no flag is called, for the complaint when it is missing; empty: not needed
	most             int    // how many arguments there may be where none is needed
	make             func() command
}

// command is what a verb's flags are read into.
type command interface {
	groups() []any    // pointers to the structs whose fields are the flags
	setRest([]string) // what follows the flags, verbatim
	run() (status int, err error)
}

// verbs lists what argv[1] may name. The first is meant when it names none.
func verbs() []verb {
	return []verb{
		{"run", "ROOTFS [CMD [ARG...]]", "Run a command in a root file system. The word run may be left out.", "ROOTFS", 0, func() command { return &runCmd{} }},
		{"unshare", "CMD [ARG...]", "Run a command as root of your own ids, without a container.", "CMD", 0, func() command { return &unshareCmd{} }},
		{"version", "", "Show the version.", "", 0, func() command { return &versionCmd{} }},
		{"help", "[VERB]", "Show this, or what a verb takes.", "", 1, func() command { return &helpCmd{} }},
	}
}

// runCmd is urun run, and urun without a verb.
type runCmd struct {
	ocispec.IdentityFlags `group:"Who the command is"`
	ocispec.FileFlags     `group:"What it sees of the file system"`
	ocispec.ProcessFlags  `group:"Its surroundings"`
	ocispec.SecurityFlags `group:"What it may do"`
	ocispec.NetFlags      `group:"Its network"`
	outputFlags           `group:"What urun itself says"`

	Rootfs  string   `kong:"-"`
	Command []string `kong:"-"`
}

// outputFlags choose what urun says about what it does.
type outputFlags struct {
	Explain explainFlag `name:"explain" placeholder:"json" help:"Start nothing: show every system call of the start and its reason; --explain=json for programs."`
	Timing  bool        `name:"timing" help:"Show at the end where the time of the start went."`
	Quiet   bool        `name:"quiet" short:"q" help:"No notices."`
}

func (c *runCmd) groups() []any {
	return []any{&c.IdentityFlags, &c.FileFlags, &c.ProcessFlags, &c.SecurityFlags, &c.NetFlags, &c.outputFlags}
}

func (c *runCmd) setRest(rest []string) { c.Rootfs, c.Command = rest[0], rest[1:] }

// flags are those that make the specification.
func (c *runCmd) flags() *ocispec.Flags {
	return &ocispec.Flags{
		IdentityFlags: c.IdentityFlags,
		FileFlags:     c.FileFlags,
		ProcessFlags:  c.ProcessFlags,
		SecurityFlags: c.SecurityFlags,
		NetFlags:      c.NetFlags,
	}
}

// unshareCmd is urun unshare.
type unshareCmd struct {
	ocispec.MapFlags
	Command []string `kong:"-"`
}

func (c *unshareCmd) groups() []any         { return []any{&c.MapFlags} }
func (c *unshareCmd) setRest(rest []string) { c.Command = rest }

// versionCmd is urun version.
type versionCmd struct{}

func (c *versionCmd) groups() []any    { return nil }
func (c *versionCmd) setRest([]string) {}

// helpCmd is urun help.
type helpCmd struct{ verb []string }

func (c *helpCmd) groups() []any         { return nil }
func (c *helpCmd) setRest(rest []string) { c.verb = rest }
