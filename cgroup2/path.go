package cgroup2

import (
	"path"
	"strings"
)

// ParsePath takes apart linux.cgroupsPath of the OCI runtime spec, as runc reads it:
// "SLICE:PREFIX:NAME" where systemd may be asked, with an empty slice for its own
// choice, or a directory. The results are [Request]'s Parent and Name.
func ParsePath(p string) (parent, name string, slice bool) {
	parts := strings.Split(p, ":")
	if len(parts) != 3 {
		parent, name = path.Split(strings.TrimSuffix(p, "/"))
		if parent != "/" {
			parent = strings.TrimSuffix(parent, "/")
		}
		return parent, name, false
	}
	name = parts[2]
	if parts[1] != "" {
		name = parts[1] + "-" + name
	}
	return parts[0], name, true
}
