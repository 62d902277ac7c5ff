package main

import "github.com/urun-project/urun/internal/ocispec"

// lifeFlags are about how long a container lives and what stays of it.
type lifeFlags struct {
	Detach      bool     `name:"detach" short:"d" help:"Run the container in the background and print its id."`
	Rm          *bool    `name:"rm" help:"With --detach: keep nothing of the container when it ends. In the foreground nothing is ever kept."`
	Replace     bool     `name:"replace" help:"Kill and remove a container of the same --name first."`
	Timeout     string   `name:"timeout" placeholder:"SECONDS" help:"Kill the container after so long."`
	StopSignal  string   `name:"stop-signal" placeholder:"SIGNAL" help:"What urun stop sends (TERM)."`
	StopTimeout string   `name:"stop-timeout" placeholder:"SECONDS" help:"How long urun stop waits before it kills (10)."`
	LogDriver   string   `name:"log-driver" placeholder:"DRIVER" help:"With --detach: k8s-file (the default) keeps the output for urun logs, none does not."`
	LogOpt      []string `name:"log-opt" placeholder:"NAME=VALUE" sep:"none" help:"max-size=SIZE of one file of the log (20m, -1 is no limit), max-file=COUNT of how many are kept (5). May be repeated."`
	CIDFile     string   `name:"cidfile" placeholder:"FILE" help:"Write the container's id to FILE, which must not exist."`
	PIDFile     string   `name:"pidfile" placeholder:"FILE" help:"Write the host's number of the container's first process to FILE."`
}

// execCmd is urun exec.
type execCmd struct {
	ocispec.ExecFlags `group:"Flags"`
	execOutput        `group:"What urun itself says"`

	Name    string   `kong:"-"`
	Command []string `kong:"-"`
}

type execOutput struct {
	Explain explainFlag `name:"explain" placeholder:"json" help:"Start nothing: show every system call and its reason; --explain=json for programs."`
	Timing  explainFlag `name:"timing" placeholder:"json" help:"Show at the end where the time of the start went; --timing=json for programs."`
	Debug   bool        `name:"debug" help:"Show on stderr what is done in the start, as it happens. URUN_DEBUG=1 does the same."`
	Quiet   bool        `name:"quiet" short:"q" help:"No notices."`
	Strict  bool        `name:"strict" help:"What cannot be had on this machine is an error, not a notice: nothing runs without it."`
}

func (c *execCmd) setRest(rest []string) { c.Name, c.Command = rest[0], rest[1:] }
func (c *execCmd) groups() []any         { return []any{&c.ExecFlags, &c.execOutput} }

// psCmd is urun ps.
type psCmd struct{ psFlags }

type psFlags struct {
	All     bool     `name:"all" short:"a" help:"Also those that have ended and are kept."`
	Quiet   bool     `name:"quiet" short:"q" help:"Only ids."`
	Format  string   `name:"format" placeholder:"FORMAT" help:"json, or a template such as '{{.ID}} {{.Names}}' or 'table {{.ID}}\\t{{.Status}}'."`
	JSON    bool     `name:"json" help:"The same as --format json."`
	Filter  []string `name:"filter" short:"f" placeholder:"KEY=VALUE" sep:"none" help:"Only those whose id begins with VALUE, whose name has VALUE in it, whose status (running, paused, exited, starting) or exited status is VALUE. May be repeated."`
	Last    string   `name:"last" short:"n" placeholder:"COUNT" help:"Only the COUNT newest, of all."`
	Latest  bool     `name:"latest" short:"l" help:"Only the newest, of all."`
	NoTrunc bool     `name:"no-trunc" help:"Whole ids and commands."`
	NoHead  bool     `name:"noheading" help:"No headings."`
}

func (c *psCmd) setRest([]string) {}
func (c *psCmd) groups() []any    { return []any{&c.psFlags} }

// logsCmd is urun logs.
type logsCmd struct {
	logsFlags
	Args []string `kong:"-"`
}

type logsFlags struct {
	Follow     bool   `name:"follow" short:"f" help:"Wait for more until the container has ended."`
	Since      string `name:"since" placeholder:"TIME" help:"What was written from TIME on: 2006-01-02T15:04:05, seconds since 1970, or 10m for that long ago."`
	Until      string `name:"until" placeholder:"TIME" help:"What was written up to TIME."`
	Tail       string `name:"tail" short:"n" placeholder:"LINES" help:"Only the last LINES lines."`
	Timestamps bool   `name:"timestamps" short:"t" help:"With the time of each line."`
}

func (c *logsCmd) setRest(rest []string) { c.Args = rest }
func (c *logsCmd) groups() []any         { return []any{&c.logsFlags} }

// attachCmd is urun attach.
type attachCmd struct {
	attachFlags
	Args []string `kong:"-"`
}

type attachFlags struct {
	DetachKeys string `name:"detach-keys" placeholder:"KEYS" help:"What is typed to detach and leave the container running (ctrl-p,ctrl-q), or none."`
	NoStdin    bool   `name:"no-stdin" help:"Send nothing that is typed, but heed the keys that detach."`
	SigProxy   *bool  `name:"sig-proxy" negatable:"" help:"Pass signals on to the container (the default): Ctrl-C reaches the command, and may end it."`
}

func (c *attachCmd) setRest(rest []string) { c.Args = rest }
func (c *attachCmd) groups() []any         { return []any{&c.attachFlags} }

// stopCmd is urun stop.
type stopCmd struct {
	stopFlags
	Names []string `kong:"-"`
}

type stopFlags struct {
	All    bool   `name:"all" short:"a" help:"All that run."`
	Ignore bool   `name:"ignore" short:"i" help:"A container that there is not is no error."`
	Signal string `name:"signal" short:"s" placeholder:"SIGNAL" help:"Another signal than the container's own --stop-signal."`
	Time   string `name:"time" aliases:"timeout" short:"t" placeholder:"SECONDS" help:"How long to wait before the container is killed (10); -1 is for ever."`
}

func (c *stopCmd) setRest(rest []string) { c.Names = rest }
func (c *stopCmd) groups() []any         { return []any{&c.stopFlags} }

// waitCmd is urun wait.
type waitCmd struct {
	waitFlags
	Names []string `kong:"-"`
}

type waitFlags struct {
	Ignore bool `name:"ignore" short:"i" help:"A container that there is not counts as ended, with status -1."`
}

func (c *waitCmd) setRest(rest []string) { c.Names = rest }
func (c *waitCmd) groups() []any         { return []any{&c.waitFlags} }

// rmCmd is urun rm.
type rmCmd struct {
	rmFlags
	Names []string `kong:"-"`
}

type rmFlags struct {
	Force  bool   `name:"force" short:"f" help:"Kill those that run first; a container that there is not is no error."`
	All    bool   `name:"all" short:"a" help:"All that have ended; with --force all."`
	Ignore bool   `name:"ignore" short:"i" help:"A container that there is not is no error."`
	Time   string `name:"time" short:"t" placeholder:"SECONDS" help:"With --force: ask them to end first, and wait so long (0)."`
}

func (c *rmCmd) setRest(rest []string) { c.Names = rest }
func (c *rmCmd) groups() []any         { return []any{&c.rmFlags} }

// topCmd is urun top.
type topCmd struct {
	Args []string `kong:"-"` // the container, then columns
}

func (c *topCmd) setRest(rest []string) { c.Args = rest }
func (c *topCmd) groups() []any         { return nil }

// inspectCmd is urun inspect.
type inspectCmd struct {
	inspectFlags
	Names []string `kong:"-"` // of containers and images, or their ids
}

type inspectFlags struct {
	Format string `name:"format" short:"f" placeholder:"FORMAT" help:"A template such as '{{.State.Pid}}' instead of all of it."`
	Type   string `name:"type" short:"t" placeholder:"TYPE" help:"Only a container, or only an image, of that name; without it a container comes first."`
}

func (c *inspectCmd) setRest(rest []string) { c.Names = rest }
func (c *inspectCmd) groups() []any         { return []any{&c.inspectFlags} }

// treeCmd is urun tree.
type treeCmd struct {
	treeFlags
	Names []string `kong:"-"` // of containers, or their ids
}

type treeFlags struct {
	JSON bool `name:"json" help:"The same as data, for programs."`
}

func (c *treeCmd) setRest(rest []string) { c.Names = rest }
func (c *treeCmd) groups() []any         { return []any{&c.treeFlags} }

// completionCmd is urun completion.
type completionCmd struct {
	Args []string `kong:"-"`
}

func (c *completionCmd) setRest(rest []string) { c.Args = rest }
func (c *completionCmd) groups() []any         { return nil }
