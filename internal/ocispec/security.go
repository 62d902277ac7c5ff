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
	SecurityOpt []string `name:"security-opt" placeholder:"OPT" sep:"none" help:"no-new-privileges[=true|false]: whether setuid programs stay powerless (true by default)."`
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
	for _, opt := range f.SecurityOpt {
		if b.spec.Process.NoNewPrivileges, err = noNewPrivileges(opt); err != nil {
			return err
		}
	}
	return nil
}

func noNewPrivileges(opt string) (bool, error) {
	name, value, given := strings.Cut(opt, "=")
	if !given {
		name, value, given = strings.Cut(opt, ":") // docker's older form
	}
	if name != "no-new-privileges" {
		return false, bad("--security-opt", opt, "there is only no-new-privileges[=true|false]")
	}
	switch {
	case !given || value == "true":
		return true, nil
	case value == "false":
		return false, nil
	}
	return false, bad("--security-opt", opt, "write no-new-privileges=true or no-new-privileges=false")
}
