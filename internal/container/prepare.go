package container

import (
	"errors"
	"fmt"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/mount"
	"github.com/urun-project/urun/subid"
	"github.com/urun-project/urun/userns"
)

// prepare finds out what the start depends on and decides. It starts nothing and
// changes nothing but --overlay's directory, which it makes ready.
func (l *launch) prepare() error {
	if err := l.find(); err != nil {
		return err
	}
	l.host = probe(l.opt.UserNS.Mode)
	var err error
	if l.ids, err = userns.Choose(l.opt.UserNS, l.host); err != nil {
		return err
	}
	if err := l.finalize(); err != nil {
		return err
	}
	if l.root.Host && l.root.Ephemeral {
		if err := l.hostLayers(); err != nil {
			return err
		}
	}
	return l.openStore()
}

// probe looks at the caller and, where they matter, at its subordinate ids.
func probe(mode userns.Mode) userns.Host {
	h := userns.Probe()
	if mode == userns.Single || h.SetUID && h.SetGID {
		return h
	}
	// Without a name only lines by number count; the error shows in the lookup.
	h.Name, _ = subid.Name(h.UID)
	for _, k := range []struct {
		kind subid.Kind
		to   *userns.Subordinate
	}{{subid.UIDs, &h.SubUID}, {subid.GIDs, &h.SubGID}} {
		r, err := subid.Lookup(k.kind, h.Name, h.UID)
		*k.to = userns.Subordinate{Ranges: r.Ranges, Source: r.Source, Err: err}
	}
	return h
}

// find looks at the rootfs and at the sources of volumes.
func (l *launch) find() error {
	src, err := mount.Find(l.spec.Root.Path)
	switch {
	case err != nil:
		return &rootfsError{path: l.spec.Root.Path, err: err}
	case !src.Dir:
		return &rootfsError{path: l.spec.Root.Path, err: unix.ENOTDIR}
	}
	l.root = mount.Root{Source: src, ReadOnly: l.spec.Root.Readonly, Host: src.Path == "/", Ephemeral: l.opt.Ephemeral}
	if err := l.checkHost(); err != nil {
		return err
	}
	l.spec.Mounts = slices.DeleteFunc(l.spec.Mounts, absentQueues)
	for _, m := range l.spec.Mounts {
		if m.Type != "bind" {
			continue
		}
		o, err := mount.ParseOptions(m.Options)
		if err != nil {
			return fmt.Errorf("volume %s: %w", m.Destination, err)
		}
		src, err := mount.Find(m.Source)
		if err != nil {
			return &volumeError{source: m.Source, err: err}
		}
		l.volumes = append(l.volumes, mount.Volume{Source: src, Dest: m.Destination, Options: o})
	}
	return nil
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
	who, err := l.user()
	if err != nil {
		return err
	}
	return ocispec.Finalize(l.spec, ocispec.Facts{
		UIDMappings: l.ids.UIDs, GIDMappings: l.ids.GIDs, User: who.User, Home: who.home, Shell: who.shell, Extra: l.opt.Extra,
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
