package ocispec

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/seccomp"
)

// validate refuses a completed specification that contradicts itself or that the kernel would refuse without saying why.
// What flags made passes; a config.json may hold anything.
func validate(spec *specs.Spec) error {
	for _, check := range []func(*specs.Spec) error{
		validateVersion, validateNamespaces, validateNames, validateProcess, validateMounts, validatePaths, validateDevices, validateSysctl, validateSeccomp,
	} {
		if err := check(spec); err != nil {
			return err
		}
	}
	return nil
}

func validateVersion(spec *specs.Spec) error {
	if !strings.HasPrefix(spec.Version, "1.") {
		return bad("ociVersion", spec.Version, "urun reads versions 1.x of the runtime specification")
	}
	return nil
}

func validateNamespaces(spec *specs.Spec) error {
	seen := make(map[specs.LinuxNamespaceType]bool, 8)
	for _, ns := range spec.Linux.Namespaces {
		switch {
		case seen[ns.Type]:
			return bad("linux.namespaces", string(ns.Type), "it is there twice")
		case ns.Type == specs.TimeNamespace:
			return bad("linux.namespaces", string(ns.Type), "urun makes no time namespaces")
		case !slices.ContainsFunc(defaultNamespaces(), func(d specs.LinuxNamespace) bool { return d.Type == ns.Type }):
			return bad("linux.namespaces", string(ns.Type), "no such namespace")
		case ns.Path != "" && ns.Path[0] != '/':
			return bad("linux.namespaces.path", ns.Path, "write an absolute path")
		case ns.Type == specs.MountNamespace && ns.Path != "":
			return bad("linux.namespaces.path", ns.Path, "urun makes the mount namespace itself and joins none")
		}
		seen[ns.Type] = true
	}
	user := namespace(spec, specs.UserNamespace)
	switch {
	case !seen[specs.MountNamespace]:
		return bad("linux.namespaces", string(specs.MountNamespace), "it is missing, and without it the mounts would be the host's")
	case (user == nil || user.Path != "") && len(spec.Linux.UIDMappings)+len(spec.Linux.GIDMappings) > 0:
		return errors.New("linux.uidMappings and linux.gidMappings are for a new user namespace, and linux.namespaces has none")
	}
	switch p := spec.Linux.RootfsPropagation; p {
	case "", "private", "rprivate":
	default:
		return bad("linux.rootfsPropagation", p, "urun keeps every mount private; write private, or leave it out")
	}
	return nil
}

func validateNames(spec *specs.Spec) error {
	private := namespace(spec, specs.UTSNamespace) != nil
	for _, name := range []struct{ field, value string }{{"hostname", spec.Hostname}, {"domainname", spec.Domainname}} {
		switch {
		case name.value == "":
		case !private:
			return bad(name.field, name.value, "without a uts namespace of its own it would be the host's")
		case len(name.value) > 64 || strings.IndexByte(name.value, 0) >= 0:
			return bad(name.field, name.value, "it may have 64 bytes, none of them NUL (sethostname(2))")
		}
	}
	return nil
}

func validateMounts(spec *specs.Spec) error {
	for _, m := range spec.Mounts {
		switch {
		case m.Destination == "" || m.Destination[0] != '/':
			return bad("mounts.destination", m.Destination, "write an absolute path")
		case slices.Contains(strings.Split(m.Destination, "/"), ".."):
			return bad("mounts.destination", m.Destination, "write it without ..")
		case hasNUL(m.Destination, m.Source, m.Type) || hasNUL(m.Options...):
			return bad("mounts", m.Destination, "a NUL in a mount")
		}
	}
	return nil
}

func validatePaths(spec *specs.Spec) error {
	for _, list := range []struct {
		field string
		paths []string
	}{{"linux.maskedPaths", spec.Linux.MaskedPaths}, {"linux.readonlyPaths", spec.Linux.ReadonlyPaths}} {
		for _, path := range list.paths {
			if path == "" || path[0] != '/' || hasNUL(path) {
				return bad(list.field, path, "write an absolute path")
			}
		}
	}
	if hasNUL(spec.Root.Path) {
		return bad("root.path", spec.Root.Path, "a NUL in the path")
	}
	return nil
}

func validateDevices(spec *specs.Spec) error {
	for _, d := range spec.Linux.Devices {
		switch {
		case d.Path == "" || d.Path[0] != '/' || hasNUL(d.Path):
			return bad("linux.devices.path", d.Path, "write an absolute path")
		case !slices.Contains([]string{"c", "u", "b", "p"}, d.Type):
			return bad("linux.devices.type", d.Type, "a device is c, u, b or p")
		case d.Major < 0 || d.Minor < 0:
			return bad("linux.devices.major", strconv.FormatInt(d.Major, 10)+":"+strconv.FormatInt(d.Minor, 10), "numbers of a device are not negative")
		}
	}
	return nil
}

func validateSysctl(spec *specs.Spec) error {
	for key, value := range spec.Linux.Sysctl {
		// Host names have fields of their own, but a config.json may set them as settings where the namespace is its own.
		if (key == "kernel.hostname" || key == "kernel.domainname") && namespace(spec, specs.UTSNamespace) != nil {
			continue
		}
		if why := checkSysctl(spec, key); why != "" {
			return bad("linux.sysctl", key+"="+value, why)
		}
	}
	return nil
}

func validateSeccomp(spec *specs.Spec) error {
	if spec.Linux.Seccomp == nil {
		return nil
	}
	if _, err := seccomp.FromSpec(spec.Linux.Seccomp); err != nil {
		return errors.New("linux.seccomp: " + err.Error())
	}
	if _, err := seccomp.Flags(spec.Linux.Seccomp); err != nil {
		return errors.New("linux.seccomp: " + err.Error())
	}
	return nil
}

func hasNUL(list ...string) bool {
	for _, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			return true
		}
	}
	return false
}
