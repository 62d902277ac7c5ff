package ocispec

import (
	"errors"
	"path/filepath"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Flags is everything about a container that a command line can say. Each group lies beside the code that carries it out.
type Flags struct {
	IdentityFlags
	FileFlags
	ProcessFlags
	SecurityFlags
	NetFlags
	LimitFlags
	CgroupFlags
}

// Invocation is what urun was called with and where, read by the command and by nothing below it.
type Invocation struct {
	ID      string   // the container's id; its first twelve characters name a host that has no better name
	Rootfs  string   // as written; a relative one is relative to Cwd. Of an image, the directory with its etc/passwd and etc/group
	Command []string // the command and its arguments; may be empty
	Environ []string // the caller's environment, NAME=VALUE
	Cwd     string   // the caller's working directory; empty when it has been deleted

	Image *ImageConfig // of the image that is ROOTFS; nil: it is a directory

	TerminalIn, TerminalOut bool // whether stdin and stdout are terminals

	// IsDir answers whether a path of the host is a directory. Asked only when Rootfs is "/"; nil means that all are.
	IsDir func(path string) bool

	// IsDevice answers whether there is something at a path of the host, and whether it is a device. Asked of every --device;
	// nil means that all are.
	IsDevice func(path string) (exists, device bool)

	// NetworkOf finds a process of a container that runs, whose network --net container:NAME joins.
	NetworkOf func(name string) (pid int, err error)

	// BlockDevice finds the numbers of a block device of the host, for limits on it; nil means that each path is the same one.
	BlockDevice func(path string) (major, minor int64, ok bool)
}

// Extra is what a command line can say and no config.json can hold.
type Extra struct {
	Name string // --name, or empty

	Userns           string   // "auto", "single", "keep-id", or "custom" when maps were given
	UIDMaps, GIDMaps []string // --uidmap, --gidmap as written, CONTAINER:HOST:SIZE

	User       string   // --user as written, to be looked up in the rootfs's passwd; empty: the default one
	GroupAdd   []string // --group-add as written, names and numbers
	KeepGroups bool     // --group-add keep-groups: leave the caller's supplementary groups as they are

	Ephemeral  bool   // writes to the root go to an overlay that vanishes
	OverlayDir string // writes to the root are kept below this absolute path; or empty
	HostRoot   bool   // ROOTFS is "/"

	Image        bool     // ROOTFS is an image
	ImageVolumes []string // directories of the root that are made when they are missing, and can be written even where the root cannot
	MakeCwd      bool     // the working directory is the image's, and made when it is missing

	// Deny are paths that the command must not reach: of the host where ROOTFS is "/", else of the container. Absolute and clean.
	Deny []string
	// Nested lets containers be made inside: the command may mount in namespaces of its own. Nothing can be denied then.
	Nested bool

	Init           bool // an init is process 1 (the default); otherwise the command is
	DefaultCommand bool // no command was given: the user's shell

	Cgroup         string // who makes the cgroup: "auto", "systemd", "cgroupfs" or "none"
	OwnCgroup      bool   // the container is to have a cgroup of its own
	CgroupWritable bool   // and may make others in it
	ImpliedSwap    bool   // the limit on swap follows from the one on memory; nobody asked for it

	ImpliedHostname bool // the host name is of urun's choosing

	Masked     []string // --security-opt mask=, which has to hide something; the specification has it, too
	Seccomp    string   // which system calls there are: SeccompDefault and its like, or the path of the profile that the specification has
	AddedCaps  []string // --cap-add, which a user who is not root gets as ambient capabilities
	RuntimeDir string   // a fresh tmpfs that belongs to the user, not to container root; or empty
}

// FromFlags turns a command line into a specification and what it cannot hold. The specification lacks what only the
// caller's id ranges and the rootfs can tell: [Finalize] puts that in. An error is one line that names the flag.
func FromFlags(f *Flags, in Invocation) (*specs.Spec, *Extra, error) {
	b, err := begin(in)
	if err != nil {
		return nil, nil, err
	}
	// File systems are last: which ones there are depends on the namespaces that the groups before have left out.
	for _, apply := range []func(*build) error{
		f.IdentityFlags.apply,
		f.NetFlags.apply,
		f.ProcessFlags.apply,
		f.SecurityFlags.apply,
		f.LimitFlags.apply,
		f.CgroupFlags.apply,
		f.FileFlags.apply,
	} {
		if err := apply(b); err != nil {
			return nil, nil, err
		}
	}
	return b.spec, b.extra, nil
}

// build is a specification in the making.
type build struct {
	in    Invocation
	spec  *specs.Spec
	extra *Extra

	asksIDs bool // for other ids than the default ones
}

func begin(in Invocation) (*build, error) {
	if in.Rootfs == "" {
		return nil, errors.New("ROOTFS is empty: name the directory to run in, or / for the host's own tools")
	}
	b := &build{in: in, extra: &Extra{}}
	root, err := b.abs("ROOTFS", in.Rootfs)
	if err != nil {
		return nil, err
	}
	b.extra.HostRoot = root == "/" && in.Image == nil
	b.spec = &specs.Spec{
		Version: SpecVersion,
		Root:    &specs.Root{Path: root},
		Process: &specs.Process{},
		Linux:   &specs.Linux{Namespaces: defaultNamespaces()},
	}
	b.describeImage()
	return b, nil
}

// abs makes a path of the host absolute.
func (b *build) abs(flag, path string) (string, error) {
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	case b.in.Cwd == "":
		return "", bad(flag, path, "the working directory is gone, so a relative path leads nowhere; write an absolute one")
	}
	return filepath.Join(b.in.Cwd, path), nil
}

// drop leaves a namespace out, so that the container shares the host's.
func (b *build) drop(t specs.LinuxNamespaceType) {
	kept := b.spec.Linux.Namespaces[:0]
	for _, ns := range b.spec.Linux.Namespaces {
		if ns.Type != t {
			kept = append(kept, ns)
		}
	}
	b.spec.Linux.Namespaces = kept
}

// namespace finds a namespace of the specification; nil when it is shared with the host.
func namespace(spec *specs.Spec, t specs.LinuxNamespaceType) *specs.LinuxNamespace {
	if spec.Linux == nil {
		return nil
	}
	for i := range spec.Linux.Namespaces {
		if ns := &spec.Linux.Namespaces[i]; ns.Type == t {
			return ns
		}
	}
	return nil
}

// ValueError is the one form of a complaint about a flag: which, what was written, and what is wrong with it or to be written instead.
type ValueError struct{ Flag, Value, Why string }

// Error quotes the value because it may hold control characters.
func (e *ValueError) Error() string { return e.Flag + " " + strconv.Quote(e.Value) + ": " + e.Why }

func bad(flag, value, why string) error { return &ValueError{flag, value, why} }
