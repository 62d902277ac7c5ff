package main

// registryFlags are about how images come from registries and get there.
type registryFlags struct {
	AuthFile  string `name:"authfile" placeholder:"FILE" help:"Take credentials for registries from FILE, not from those that podman login and docker login write."`
	Creds     string `name:"creds" placeholder:"USER:PASSWORD" help:"Credentials for the registry. Other users of the machine can read them while urun runs; a file is better."`
	CertDir   string `name:"cert-dir" placeholder:"DIR" help:"Where the registry's certificates (*.crt) and your own (*.cert, *.key) are."`
	TLSVerify *bool  `name:"tls-verify" help:"With =false: plain HTTP, and certificates that nobody vouches for, are accepted."`
	Retry     string `name:"retry" placeholder:"COUNT" help:"How often a request that failed is made again (3)."`
}

// imageFlags are about the image that ROOTFS names.
type imageFlags struct {
	Pull     string `name:"pull" placeholder:"WHEN" help:"When an image is fetched: missing (the default) when your store has none of that name, newer also when the registry has another one, always, never."`
	Platform string `name:"platform" placeholder:"OS/ARCH" help:"The image for another kind of machine, such as linux/arm64 or linux/arm/v7."`
	registryFlags
}

// pullCmd is urun pull.
type pullCmd struct {
	pullFlags
	registryFlags
	Names []string `kong:"-"`
}

type pullFlags struct {
	All      bool   `name:"all-tags" short:"a" help:"Every tag of the repository."`
	Platform string `name:"platform" placeholder:"OS/ARCH" help:"For another kind of machine, such as linux/arm64 or linux/arm/v7."`
	Policy   string `name:"policy" placeholder:"WHEN" help:"When something is fetched: always (the default), newer, missing, never."`
	Quiet    bool   `name:"quiet" short:"q" help:"No progress."`
}

func (c *pullCmd) setRest(rest []string) { c.Names = rest }
func (c *pullCmd) groups() []any         { return []any{&c.pullFlags, &c.registryFlags} }

// pushCmd is urun push.
type pushCmd struct {
	pushFlags
	registryFlags
	Args []string `kong:"-"` // the image, and perhaps where to
}

type pushFlags struct {
	DigestFile string `name:"digestfile" placeholder:"FILE" help:"Write the digest by which the registry has it to FILE."`
	Quiet      bool   `name:"quiet" short:"q" help:"No progress."`
}

func (c *pushCmd) setRest(rest []string) { c.Args = rest }
func (c *pushCmd) groups() []any         { return []any{&c.pushFlags, &c.registryFlags} }

// imagesCmd is urun images.
type imagesCmd struct {
	imagesFlags
	Args []string `kong:"-"` // perhaps a name
}

type imagesFlags struct {
	All     bool     `name:"all" short:"a" help:"Without effect: there are no intermediate images to be hidden."`
	Quiet   bool     `name:"quiet" short:"q" help:"Only ids."`
	Format  string   `name:"format" placeholder:"FORMAT" help:"json, or a template such as '{{.Repository}}:{{.Tag}}' or 'table {{.ID}}\\t{{.Size}}'."`
	JSON    bool     `name:"json" help:"The same as --format json."`
	Filter  []string `name:"filter" short:"f" placeholder:"KEY=VALUE" sep:"none" help:"Only those that fit: dangling=true (no name), reference=PATTERN, label=NAME or NAME=VALUE, before=IMAGE, since=IMAGE. May be repeated."`
	Sort    string   `name:"sort" placeholder:"COLUMN" help:"By created (the default, the newest first), id, repository, size or tag."`
	Digests bool     `name:"digests" help:"With the digest of each."`
	NoTrunc bool     `name:"no-trunc" help:"Whole ids."`
	NoHead  bool     `name:"noheading" short:"n" help:"No headings."`
}

func (c *imagesCmd) setRest(rest []string) { c.Args = rest }
func (c *imagesCmd) groups() []any         { return []any{&c.imagesFlags} }

// rmiCmd is urun rmi.
type rmiCmd struct {
	rmiFlags
	Names []string `kong:"-"`
}

type rmiFlags struct {
	All    bool `name:"all" short:"a" help:"All images that no container uses."`
	Force  bool `name:"force" short:"f" help:"Also an image that is named by its id and has several names; one that there is not is no error."`
	Ignore bool `name:"ignore" short:"i" help:"An image that there is not is no error."`
}

func (c *rmiCmd) setRest(rest []string) { c.Names = rest }
func (c *rmiCmd) groups() []any         { return []any{&c.rmiFlags} }

// tagCmd is urun tag and, undone, urun untag.
type tagCmd struct {
	undo bool
	Args []string `kong:"-"` // the image, then names
}

func (c *tagCmd) setRest(rest []string) { c.Args = rest }
func (c *tagCmd) groups() []any         { return nil }

// saveCmd is urun save.
type saveCmd struct {
	saveFlags
	Names []string `kong:"-"`
}

type saveFlags struct {
	Output string `name:"output" short:"o" placeholder:"FILE" help:"Where to; without it to standard output, which must not be a terminal."`
	Format string `name:"format" placeholder:"FORMAT" help:"docker-archive (the default), oci-archive, which keeps every byte and so the digests, or oci-dir, a directory."`
	Multi  bool   `name:"multi-image-archive" short:"m" help:"Without effect: several images always go into one archive."`
	Quiet  bool   `name:"quiet" short:"q" help:"No progress."`
}

func (c *saveCmd) setRest(rest []string) { c.Names = rest }
func (c *saveCmd) groups() []any         { return []any{&c.saveFlags} }

// loadCmd is urun load.
type loadCmd struct{ loadFlags }

type loadFlags struct {
	Input string `name:"input" short:"i" placeholder:"FILE" help:"An archive, as it is or compressed, or a directory; without it standard input is read."`
	Quiet bool   `name:"quiet" short:"q" help:"No progress."`
}

func (c *loadCmd) setRest([]string) {}
func (c *loadCmd) groups() []any    { return []any{&c.loadFlags} }

// historyCmd is urun history.
type historyCmd struct {
	historyFlags
	Args []string `kong:"-"`
}

type historyFlags struct {
	Format  string `name:"format" placeholder:"FORMAT" help:"json, or a template such as '{{.CreatedBy}}' or 'table {{.Size}}\\t{{.CreatedBy}}'."`
	NoTrunc bool   `name:"no-trunc" help:"Whole ids and commands."`
	Quiet   bool   `name:"quiet" short:"q" help:"Only ids."`
}

func (c *historyCmd) setRest(rest []string) { c.Args = rest }
func (c *historyCmd) groups() []any         { return []any{&c.historyFlags} }

// pruneCmd is urun prune.
type pruneCmd struct{ pruneFlags }

type pruneFlags struct {
	All   bool `name:"all" short:"a" help:"All images that no container uses, not only those without a name."`
	Blobs bool `name:"blobs" help:"Also the compressed layers of images that stay: they run as before, and are fetched again when they are to be pushed, saved or unpacked for other ids."`
	Force bool `name:"force" short:"f" help:"Do not ask."`
}

func (c *pruneCmd) setRest([]string) {}
func (c *pruneCmd) groups() []any    { return []any{&c.pruneFlags} }
