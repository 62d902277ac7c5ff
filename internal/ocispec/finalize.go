package ocispec

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Facts are what the specification lacks until the caller's ids and the rootfs have been looked at.
type Facts struct {
	UIDMappings, GIDMappings []specs.LinuxIDMapping // the maps chosen, or those of the user namespace that is joined; ignored without one

	OtherRoot bool // id 0 here is not the machine's root, but one of a user namespace

	User        specs.User // who the command runs as; used with Extra only, a config.json names its user by number
	Home, Shell string     // that user's, from the rootfs's passwd; empty when unknown

	Bundle string // the directory that a config.json's relative root is relative to
	Extra  *Extra // what the flags said beside the specification; nil for a config.json
}

// Finalize completes a specification and refuses one that urun cannot carry out. It runs once; after it the specification is
// only read.
func Finalize(spec *specs.Spec, facts Facts) error {
	if err := Check(spec); err != nil {
		return err
	}
	if err := complete(spec, facts); err != nil {
		return err
	}
	if ns := namespace(spec, specs.UserNamespace); ns != nil {
		apply := applyMappings
		if ns.Path != "" { // the maps are there already
			apply = func(spec *specs.Spec, f Facts) error { return fitMappings(spec, f, f.UIDMappings, f.GIDMappings) }
		}
		if ns.Path == "" || facts.Extra != nil { // a config.json says itself what fits the ids that it joins
			if err := apply(spec, facts); err != nil {
				return err
			}
		}
	}
	return validate(spec)
}

// complete puts in what is missing.
func complete(spec *specs.Spec, facts Facts) error {
	if spec.Version == "" {
		spec.Version = SpecVersion
	}
	switch {
	case spec.Root == nil || spec.Root.Path == "":
		return errors.New("root.path is missing")
	case filepath.IsAbs(spec.Root.Path):
		spec.Root.Path = filepath.Clean(spec.Root.Path)
	case facts.Bundle == "":
		return bad("root.path", spec.Root.Path, "a relative root is relative to a bundle, and there is none")
	default:
		spec.Root.Path = filepath.Join(facts.Bundle, spec.Root.Path)
	}
	if spec.Process == nil {
		return errors.New("process is missing: a container without one cannot be started")
	}
	if spec.Linux == nil {
		spec.Linux = &specs.Linux{}
	}
	p := spec.Process
	if p.Cwd == "" {
		p.Cwd = "/"
	}
	if facts.Extra != nil {
		completeFromFlags(spec, facts)
	}
	if len(p.Args) == 0 {
		return errNoCommand
	}
	if c := p.Capabilities; c != nil {
		// What is inheritable and not ambient comes back with a file capability of the rootfs's (CVE-2022-24769).
		c.Inheritable = slices.DeleteFunc(slices.Clone(c.Inheritable), func(name string) bool { return !slices.Contains(c.Ambient, name) })
	}
	if _, has := lookup(p.Env, "HOME"); !has {
		home := facts.Home
		if home == "" {
			home = "/"
		}
		p.Env = append(p.Env, "HOME="+home)
	}
	return nil
}

// completeFromFlags puts in what flags leave to be found out. A config.json says it itself.
func completeFromFlags(spec *specs.Spec, facts Facts) {
	p := spec.Process
	umask := p.User.Umask
	if p.User = facts.User; p.User.Umask == nil {
		p.User.Umask = umask
	}
	if len(p.Args) == 0 && facts.Extra.DefaultCommand {
		shell := facts.Shell
		if shell == "" {
			shell = "/bin/sh"
		}
		p.Args = []string{shell}
	}
	// As with podman, a user other than root starts without capabilities but for those asked for by name; only ambient
	// ones survive an execve of such a user, and the kernel allows only what is inheritable among them (capabilities(7)).
	if c := p.Capabilities; c != nil && p.User.UID != 0 {
		added := facts.Extra.AddedCaps
		c.Effective, c.Permitted = slices.Clone(added), slices.Clone(added)
		c.Inheritable, c.Ambient = slices.Clone(added), slices.Clone(added)
	}
}
