package ocispec

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// SecurityFlags widen or narrow what the command may do.
type SecurityFlags struct {
	CapAdd      []string `name:"cap-add" placeholder:"CAP" sep:"none" help:"Add a capability, or ALL. May be repeated."`
	CapDrop     []string `name:"cap-drop" placeholder:"CAP" sep:"none" help:"Take a capability away, or ALL. May be repeated."`
	Seccomp     string   `name:"seccomp" placeholder:"PROFILE" help:"Which system calls there are: default, unconfined (all), or a FILE of podman's or docker's JSON."`
	Nested      bool     `name:"nested" help:"Allow what another urun, podman or bubblewrap needs inside: new namespaces, mounts in them, an unmasked /proc."`
	SecurityOpt []string `name:"security-opt" placeholder:"OPT" sep:"none" help:"no-new-privileges[=true|false]: whether setuid programs stay powerless (true by default); seccomp=PROFILE; mask=PATH[:PATH] and unmask=ALL|PATH[:PATH] of /proc and /sys. May be repeated."`
}

func (f *SecurityFlags) apply(b *build) error {
	caps, err := mergeCaps(f.CapAdd, f.CapDrop)
	if err != nil {
		return err
	}
	b.spec.Process.Capabilities = &specs.LinuxCapabilities{
		Bounding:  caps,
		Effective: slices.Clone(caps),
		Permitted: slices.Clone(caps),
	}
	if b.extra.AddedCaps, err = addedCaps(f.CapAdd, caps); err != nil {
		return err
	}
	b.spec.Process.NoNewPrivileges = true
	b.spec.Linux.MaskedPaths, b.spec.Linux.ReadonlyPaths = maskedPaths, readonlyPaths
	b.extra.Nested = f.Nested
	if f.Nested { // the kernel mounts no new /proc where a part of the old one is hidden: mount_too_revealing() in fs/namespace.c
		b.spec.Linux.MaskedPaths, b.spec.Linux.ReadonlyPaths = nil, nil
	}
	profile, flag, settled := f.Seccomp, "--seccomp", false
	for _, opt := range f.SecurityOpt {
		name, value, given := strings.Cut(opt, "=")
		if !given {
			name, value, given = strings.Cut(opt, ":") // docker's older form
		}
		switch name {
		case "no-new-privileges":
			before := b.spec.Process.NoNewPrivileges
			b.spec.Process.NoNewPrivileges, err = noNewPrivileges(opt, value, given)
			if err == nil && settled && before != b.spec.Process.NoNewPrivileges {
				err = bad("--security-opt", opt, "no-new-privileges is given twice, once true and once false; give one of them")
			}
			settled = true
		case "seccomp":
			if profile != "" {
				return bad("--security-opt", opt, "the profile is given twice; give one of them")
			}
			profile, flag = value, "--security-opt seccomp"
			if value == "" {
				return bad("--security-opt", opt, "write seccomp=default, seccomp=unconfined or seccomp=FILE")
			}
		case "mask":
			err = b.mask(opt, value, f.Nested)
		case "unmask":
			err = b.unmask(opt, value)
		case "label", "apparmor":
			if value != "disable" && value != "unconfined" {
				err = bad("--security-opt", opt, "urun sets no SELinux label and no AppArmor profile")
			}
		default:
			if name == "systempaths" {
				return bad("--security-opt", opt, "write unmask=ALL")
			}
			err = bad("--security-opt", opt, "there is no-new-privileges[=true|false], seccomp=PROFILE, mask=PATH and unmask=PATH")
		}
		if err != nil {
			return err
		}
	}
	return b.seccomp(flag, profile, f.Nested, caps)
}

func noNewPrivileges(opt, value string, given bool) (bool, error) {
	switch {
	case !given || value == "true":
		return true, nil
	case value == "false":
		return false, nil
	}
	return false, bad("--security-opt", opt, "write no-new-privileges=true or no-new-privileges=false")
}
