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

// anyNumber is the most of a verb that takes any number of arguments.
const anyNumber = 1 << 30

// verbs lists what argv[1] may name. The first is meant when it names none.
func verbs() []verb {
	return []verb{
		{"run", "ROOTFS [CMD [ARG...]]", "Run a command in an image or a root file system. The word run may be left out.", "ROOTFS", 0, func() command { return &runCmd{} }},
		{"exec", "CONTAINER CMD [ARG...]", "Run one more command in a container that runs.", "CONTAINER", 0, func() command { return &execCmd{} }},
		{"ps", "", "List containers.", "", 0, func() command { return &psCmd{} }},
		{"logs", "CONTAINER", "Show what a container in the background has written.", "CONTAINER", 0, func() command { return &logsCmd{} }},
		{"attach", "CONTAINER", "Connect your terminal with a container in the background.", "CONTAINER", 0, func() command { return &attachCmd{} }},
		{"stop", "[CONTAINER...]", "Ask containers to end, and kill those that do not.", "", anyNumber, func() command { return &stopCmd{} }},
		{"wait", "CONTAINER...", "Wait for the end of containers and print their exit statuses.", "CONTAINER", 0, func() command { return &waitCmd{} }},
		{"rm", "[CONTAINER...]", "Remove containers that have ended.", "", anyNumber, func() command { return &rmCmd{} }},
		{"top", "CONTAINER [COLUMN...]", "Show the processes of a container.", "CONTAINER", 0, func() command { return &topCmd{} }},
		{"unshare", "CMD [ARG...]", "Run a command as root of your own ids, without a container.", "CMD", 0, func() command { return &unshareCmd{} }},
		{"stats", "[CONTAINER...]", "Show what running containers use: memory, CPU, processes, block devices, pressure.", "", anyNumber, func() command { return &statsCmd{} }},
		{"update", "CONTAINER...", "Change limits of running containers.", "CONTAINER", 0, func() command { return &updateCmd{} }},
		{"pause", "CONTAINER...", "Stop all processes of containers where they are.", "CONTAINER", 0, func() command { return &pauseCmd{} }},
		{"unpause", "CONTAINER...", "Let paused containers go on.", "CONTAINER", 0, func() command { return &pauseCmd{undo: true} }},
		{"kill", "CONTAINER...", "Send a signal to containers, KILL by default.", "CONTAINER", 0, func() command { return &killCmd{} }},
		{"port", "CONTAINER [PORT[/udp]]", "Show the published ports of a running container.", "CONTAINER", 0, func() command { return &portCmd{} }},
		{"inspect", "NAME...", "Show all that is known of containers and images, as JSON.", "NAME", 0, func() command { return &inspectCmd{} }},
		{"pull", "IMAGE...", "Fetch images into your store.", "IMAGE", 0, func() command { return &pullCmd{} }},
		{"push", "IMAGE [DESTINATION]", "Send an image to a registry, or write it to a file or directory.", "IMAGE", 0, func() command { return &pushCmd{} }},
		{"images", "[IMAGE]", "List images.", "", 1, func() command { return &imagesCmd{} }},
		{"rmi", "[IMAGE...]", "Remove images.", "", anyNumber, func() command { return &rmiCmd{} }},
		{"tag", "IMAGE NAME...", "Give an image more names.", "IMAGE", 0, func() command { return &tagCmd{} }},
		{"untag", "IMAGE [NAME...]", "Take names from an image.", "IMAGE", 0, func() command { return &tagCmd{undo: true} }},
		{"save", "IMAGE...", "Write images to an archive.", "IMAGE", 0, func() command { return &saveCmd{} }},
		{"load", "", "Put the images of an archive into your store.", "", 0, func() command { return &loadCmd{} }},
		{"history", "IMAGE", "Show how an image was made.", "IMAGE", 0, func() command { return &historyCmd{} }},
		{"prune", "", "Remove what no image and no container needs any more.", "", 0, func() command { return &pruneCmd{} }},
		{"doctor", "[ROOTFS]", "Test what this machine allows, and say what to do about what it does not.", "", 1, func() command { return &doctorCmd{} }},
		{"tree", "[CONTAINER...]", "Draw running containers as a tree: namespaces, processes, mounts, cgroup, network.", "", anyNumber, func() command { return &treeCmd{} }},
		{"completion", "SHELL", "Print what has bash, zsh or fish complete verbs, flags and names.", "SHELL", 0, func() command { return &completionCmd{} }},
		{"version", "", "Show the version, and what it was built from.", "", 0, func() command { return &versionCmd{} }},
		{"help", "[VERB|--FLAG]", "Show this, what a verb takes, or what a flag means.", "", 1, func() command { return &helpCmd{} }},
	}
}

// runCmd is urun run, and urun without a verb.
type runCmd struct {
	imageFlags            `group:"Its image"`
	ocispec.IdentityFlags `group:"Who the command is"`
	ocispec.FileFlags     `group:"What it sees of the file system"`
	ocispec.ProcessFlags  `group:"Its surroundings"`
	ocispec.SecurityFlags `group:"What it may do"`
	ocispec.NetFlags      `group:"Its network"`
	ocispec.LimitFlags    `group:"How much of the machine it may use"`
	ocispec.CgroupFlags   `group:"Its cgroup"`
	lifeFlags             `group:"Its life"`
	outputFlags           `group:"What urun itself says"`

	Rootfs  string   `kong:"-"`
	Command []string `kong:"-"`
	named   bool     // the verb was written: the word is no verb misspelt
}

// outputFlags choose what urun says about what it does.
type outputFlags struct {
	Explain explainFlag `name:"explain" placeholder:"json" help:"Start nothing: show every system call of the start and its reason; --explain=json for programs."`
	Timing  explainFlag `name:"timing" placeholder:"json" help:"Show at the end where the time of the start went; --timing=json for programs."`
	Debug   bool        `name:"debug" help:"Show on stderr what is done and decided in the start, as it happens. URUN_DEBUG=1 does the same."`
	JSON    string      `name:"json" placeholder:"FILE" help:"Write what became of the container to FILE at the end: exit status, kills for memory, notices."`
	Quiet   bool        `name:"quiet" short:"q" help:"No notices."`
	Strict  bool        `name:"strict" help:"What cannot be had on this machine is an error, not a notice: nothing runs without it."`
}

func (c *runCmd) groups() []any {
	return []any{&c.imageFlags, &c.IdentityFlags, &c.FileFlags, &c.ProcessFlags, &c.SecurityFlags, &c.NetFlags, &c.LimitFlags, &c.CgroupFlags, &c.lifeFlags, &c.outputFlags}
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
		LimitFlags:    c.LimitFlags,
		CgroupFlags:   c.CgroupFlags,
	}
}

// unshareCmd is urun unshare.
type unshareCmd struct {
	ocispec.MapFlags
	unshareFlags
	Command []string `kong:"-"`
}

type unshareFlags struct {
	Debug  bool `name:"debug" help:"Show on stderr what is done in the start, as it happens. URUN_DEBUG=1 does the same."`
	Net    bool `name:"net" help:"With a network namespace of its own, loopback only, in which CMD may make devices."`
	Quiet  bool `name:"quiet" short:"q" help:"No notices."`
	Strict bool `name:"strict" help:"What cannot be had on this machine is an error, not a notice: nothing runs without it."`
}

func (c *unshareCmd) groups() []any         { return []any{&c.MapFlags, &c.unshareFlags} }
func (c *unshareCmd) setRest(rest []string) { c.Command = rest }

// statsCmd is urun stats.
type statsCmd struct {
	statsFlags
	Names []string `kong:"-"` // of containers, or their ids
}

type statsFlags struct {
	JSON     bool   `name:"json" help:"A JSON array for each look, for programs."`
	NoStream bool   `name:"no-stream" help:"Look once."`
	Interval string `name:"interval" short:"i" placeholder:"SECONDS" help:"Time between two looks (1)."`
}

func (c *statsCmd) setRest(rest []string) { c.Names = rest }
func (c *statsCmd) groups() []any         { return []any{&c.statsFlags} }

// updateCmd is urun update.
type updateCmd struct {
	ocispec.LimitFlags
	Names []string `kong:"-"` // of containers, or their ids
}

func (c *updateCmd) setRest(rest []string) { c.Names = rest }
func (c *updateCmd) groups() []any         { return []any{&c.LimitFlags} }

// pauseCmd is urun pause and, undone, urun unpause.
type pauseCmd struct {
	undo  bool
	Names []string `kong:"-"` // of containers, or their ids
}

func (c *pauseCmd) setRest(rest []string) { c.Names = rest }
func (c *pauseCmd) groups() []any         { return nil }

// killCmd is urun kill.
type killCmd struct {
	killFlags
	Names []string `kong:"-"` // of containers, or their ids
}

type killFlags struct {
	Signal string `name:"signal" short:"s" placeholder:"SIGNAL" help:"Another signal, by name or number."`
	All    bool   `name:"all" short:"a" help:"To every process of the container, not to its command alone."`
}

func (c *killCmd) setRest(rest []string) { c.Names = rest }
func (c *killCmd) groups() []any         { return []any{&c.killFlags} }

// portCmd is urun port.
type portCmd struct {
	Args []string `kong:"-"` // the container, and perhaps a port
}

func (c *portCmd) setRest(rest []string) { c.Args = rest }
func (c *portCmd) groups() []any         { return nil }

// versionCmd is urun version and, in one line, urun --version.
type versionCmd struct {
	line bool
	versionFlags
}

type versionFlags struct {
	JSON bool `name:"json" help:"As JSON, for programs."`
}

func (c *versionCmd) groups() []any    { return []any{&c.versionFlags} }
func (c *versionCmd) setRest([]string) {}

// helpCmd is urun help.
type helpCmd struct{ verb []string }

func (c *helpCmd) groups() []any         { return nil }
func (c *helpCmd) setRest(rest []string) { c.verb = rest }
