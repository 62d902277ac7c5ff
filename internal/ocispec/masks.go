package ocispec

import (
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maskedPaths and readonlyPaths are what podman hides and protects of /proc and /sys. Most of it belongs to the host's root, which
// no id of a rootless container is; the rest tells of the machine and of what others do on it, such as when keys are pressed
// (/proc/interrupts). A container that root itself starts needs them most: its root is the host's, and the kernel lets that one
// write /proc/sys whatever its capabilities are (sysctl_perm() in net/sysctl_net.c and fs/proc/proc_sysctl.c), and core_pattern
// there names a program that the kernel runs outside.
var (
	maskedPaths = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
	}
	readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// protect keeps them where the host's root is mapped, whatever --nested or unmask=ALL say. The root of a container is not that one:
// a container inside could hold no further one if it were taken for it.
func protect(l *specs.Linux) {
	for _, m := range l.UIDMappings {
		if m.HostID == 0 && l.MaskedPaths == nil && l.ReadonlyPaths == nil {
			l.MaskedPaths, l.ReadonlyPaths = maskedPaths, readonlyPaths
			return
		}
	}
}

// mask hides more paths.
func (b *build) mask(opt, value string) error {
	list := slices.Clone(b.spec.Linux.MaskedPaths)
	for _, p := range strings.Split(value, ":") {
		if !path.IsAbs(p) || path.Clean(p) == "/" {
			return bad("--security-opt", opt, "write absolute paths, parted by colons")
		}
		list = append(list, path.Clean(p))
	}
	b.spec.Linux.MaskedPaths = list
	return nil
}

// unmask leaves paths as they are that are hidden or read-only by default: those named, patterns of path/filepath.Match, or ALL.
func (b *build) unmask(opt, value string) error {
	l := b.spec.Linux
	if strings.EqualFold(value, "all") {
		l.MaskedPaths, l.ReadonlyPaths = nil, nil
		return nil
	}
	for _, pattern := range strings.Split(value, ":") {
		left := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(p string) bool {
				ok, err := path.Match(path.Clean(pattern), p)
				return ok && err == nil
			})
		}
		masked, readonly := left(l.MaskedPaths), left(l.ReadonlyPaths)
		if len(masked) == len(l.MaskedPaths) && len(readonly) == len(l.ReadonlyPaths) {
			return bad("--security-opt", opt, pattern+" is neither hidden nor read-only; those that are: "+strings.Join(slices.Concat(maskedPaths, readonlyPaths), " "))
		}
		l.MaskedPaths, l.ReadonlyPaths = masked, readonly
	}
	return nil
}
