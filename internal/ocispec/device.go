package ocispec

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// device reads SRC[:DST][:PERMS]. Nodes cannot be made in a user namespace (mknod(2): EPERM), so a device is its node on the host,
// bound. What may be done with it is what its mode lets the caller do: without root there is no device cgroup to say less, and
// a read-only mount does not keep one from writing to a device.
func (b *build) device(value string) (specs.Mount, error) {
	complain := func(why string) error { return bad("--device", value, why) }
	parts := strings.Split(value, ":")
	src, dst, perms := parts[0], parts[0], "rwm"
	switch {
	case len(parts) == 2 && !strings.HasPrefix(parts[1], "/"):
		perms = parts[1]
	case len(parts) == 2:
		dst = parts[1]
	case len(parts) == 3:
		dst, perms = parts[1], parts[2]
	case len(parts) > 3:
		return specs.Mount{}, complain("too many colons; write SRC[:DST][:rwm]")
	}
	if !strings.HasPrefix(src, "/") {
		return specs.Mount{}, complain("write the device's path on the host, such as /dev/fuse")
	}
	src, err := b.abs("--device", src)
	if err != nil {
		return specs.Mount{}, err
	}
	if dst, err = destination(dst, complain); err != nil {
		return specs.Mount{}, err
	}
	if b.in.IsDevice != nil {
		switch exists, device := b.in.IsDevice(src); {
		case !exists:
			return specs.Mount{}, complain("there is no " + strconv.Quote(src) + " on the host")
		case !device:
			return specs.Mount{}, complain(strconv.Quote(src) + " is not a device; --volume shows files and directories")
		}
	}
	switch {
	case perms == "" || strings.Trim(perms, "rwm") != "":
		return specs.Mount{}, complain("permissions are letters of rwm")
	case !strings.Contains(perms, "r") || !strings.Contains(perms, "w"):
		return specs.Mount{}, complain("without root urun cannot take reading or writing away from a device; write rw, or change the device's mode on the host")
	}
	return specs.Mount{Destination: dst, Type: "bind", Source: src, Options: []string{"rbind", "nosuid", "noexec", "dev"}}, nil
}
