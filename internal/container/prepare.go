package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/landlock"
	"github.com/urun-project/urun/internal/nofile"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/userns"
)

// facts are what a start depends on, as it was found on this host. What is decided
// is a function of them, the spec and the options.
type facts struct {
	host    userns.Host
	rootfs  mount.Source
	sources []mount.Source // of the spec's binds, in its order
	who     identity
	nofiles nofile.Limit // on descriptors, as the caller has it
	denied  []denial     // what --deny names

	otherRoot bool // id 0 is a container's root, not the machine's

	landlock landlock.Kernel // asked only for a container that gets a layer of it
}

// prepare finds out what the start depends on and decides. It starts nothing and
// changes nothing but --overlay's directory, which it makes ready.
func (l *launch) prepare() error {
	if err := l.find(); err != nil {
		return err
	}
	if err := l.decide(); err != nil {
		return err
	}
	if l.root.Host && l.root.Ephemeral {
		if err := l.hostLayers(); err != nil {
			return err
		}
	}
	l.checkPlatform()
	if err := l.openStore(); err != nil {
		return err
	}
	return l.openWrites()
}

// decide looks at nothing but facts.
func (l *launch) decide() error {
	l.root = mount.Root{Source: l.rootfs, ReadOnly: l.spec.Root.Readonly, Host: l.rootfs.Path == "/", Ephemeral: l.opt.extra().Ephemeral}
	if l.opt.Image != nil {
		l.root.Mode, l.root.Attr = 0o755, 0 // not those of the record: see findTop
	}
	sources := l.sources
	for _, m := range l.spec.Mounts {
		if m.Type != "bind" {
			continue
		}
		o, err := mount.ParseOptions(m.Options)
		if err != nil {
			return fmt.Errorf("volume %s: %w", m.Destination, err)
		}
		l.volumes = append(l.volumes, mount.Volume{Source: sources[0], Dest: m.Destination, Options: o})
		sources = sources[1:]
	}
	if err := l.checkHost(); err != nil {
		return err
	}
	if err := l.checkDenied(); err != nil {
		return err
	}
	if err := l.hide(); err != nil {
		return err
	}
	if err := l.layer(); err != nil {
		return err
	}
	if l.joinedUser() != "" {
		var err error
		if l.ids, err = l.joinedIDs(); err != nil {
			return err
		}
	}
	if err := l.climb(); err != nil {
		return err
	}
	if err := l.chooseLayers(); err != nil {
		return err
	}
	if err := l.checkNames(); err != nil {
		return err
	}
	return l.finalize()
}

var errEmpty = errors.New("is empty")

// empty tells whether a directory has no entries at all. One that cannot be read
// may have some.
func empty(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.Readdirnames(1)
	return err == io.EOF
}

// find looks at the caller, at the rootfs and at the sources of volumes.
func (l *launch) find() (err error) {
	l.nofiles = nofile.Inherited
	l.rootfs, err = mount.Find(l.spec.Root.Path)
	switch {
	case err != nil:
		return &rootfsError{path: l.spec.Root.Path, err: err}
	case !l.rootfs.Dir:
		return &rootfsError{path: l.spec.Root.Path, err: unix.ENOTDIR}
	case l.rootfs.Path != "/" && samePlace(l.rootfs.Path, "/"):
		return errHostRootElsewhere(l.rootfs.Path)
	}
	l.spec.Mounts = slices.DeleteFunc(l.spec.Mounts, absentQueues)
	for _, m := range l.spec.Mounts {
		if m.Type != "bind" {
			continue
		}
		src, err := mount.Find(m.Source)
		if err != nil {
			return &volumeError{source: m.Source, err: err}
		}
		l.sources = append(l.sources, src)
	}
	if len(l.sources) == 0 && empty(l.rootfs.Path) {
		return &rootfsError{path: l.spec.Root.Path, err: errEmpty}
	}
	if err := l.findDenied(); err != nil {
		return err
	}
	l.findLayer()
	l.findNetwork()
	l.host, l.otherRoot = callerids.For(l.opt.UserNS.Mode), otherRoot()
	l.who, err = l.user()
	return err
}

// absentQueues tells of the host's /dev/mqueue, which --ipc host shares, on a host
// that has none.
func absentQueues(m specs.Mount) bool {
	if m.Type != "bind" || m.Source != "/dev/mqueue" || m.Destination != m.Source {
		return false
	}
	return errors.Is(unix.Access(m.Source, unix.F_OK), unix.ENOENT)
}

// finalize completes the spec for the ids that were chosen. Another choice begins
// again with what was asked for.
func (l *launch) finalize() error {
	if l.asked == nil {
		l.asked = l.spec
	}
	l.spec = clone(l.asked)
	who := l.who
	return ocispec.Finalize(l.spec, ocispec.Facts{
		UIDMappings: l.ids.UIDs, GIDMappings: l.ids.GIDs, OtherRoot: l.otherRoot, User: who.User, Home: who.home, Shell: who.shell, Extra: l.opt.Extra,
	})
}

// clone copies what Finalize changes.
func clone(s *specs.Spec) *specs.Spec {
	c, process, linux, root := *s, *s.Process, *s.Linux, *s.Root
	c.Process, c.Linux, c.Root = &process, &linux, &root
	c.Mounts = slices.Clone(s.Mounts)
	process.Env = slices.Clip(process.Env)
	if s.Process.Capabilities != nil {
		sets := *s.Process.Capabilities
		process.Capabilities = &sets
	}
	return &c
}
