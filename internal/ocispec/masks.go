package ocispec

import (
	"path"
	"slices"
	"strconv"
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
func protect(l *specs.Linux, uids []specs.LinuxIDMapping) {
	for _, m := range uids {
		if m.HostID == 0 {
			l.MaskedPaths, l.ReadonlyPaths = union(maskedPaths, l.MaskedPaths), union(readonlyPaths, l.ReadonlyPaths)
			return
		}
	}
}

// union is a with what only b has.
func union(a, b []string) []string {
	list := slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// mask hides more paths. One that does not exist is an error at the start: it was asked for, and nothing would be hidden.
func (b *build) mask(opt, value string, nested bool) error {
	list := slices.Clone(b.spec.Linux.MaskedPaths)
	for _, p := range strings.Split(value, ":") {
		p = path.Clean(p)
		switch {
		case !path.IsAbs(p) || p == "/":
			return bad("--security-opt", opt, "write absolute paths, parted by colons")
		case ofEachProcess(p):
			return bad("--security-opt", opt, p+" is another file for each process, and cannot be hidden")
		case nested && strings.HasPrefix(p, "/proc/"):
			return bad("--security-opt", opt, "with a part of /proc hidden the kernel mounts no new one inside, which --nested is for; give one of them")
		}
		list, b.extra.Masked = append(list, p), append(b.extra.Masked, p)
	}
	b.spec.Linux.MaskedPaths = list
	return nil
}

// ofEachProcess tells of a path of /proc that leads to another file in each process, or ends with one.
func ofEachProcess(p string) bool {
	rest, in := strings.CutPrefix(p, "/proc/")
	first, _, _ := strings.Cut(rest, "/")
	_, err := strconv.Atoi(first)
	return in && (err == nil || slices.Contains([]string{"self", "thread-self", "net", "mounts"}, first))
}

// unmask leaves paths as they are that are hidden or read-only by default: those named, patterns of path/filepath.Match, or ALL.
func (b *build) unmask(opt, value string) error {
	l := b.spec.Linux
	if strings.EqualFold(value, "all") {
		l.MaskedPaths, l.ReadonlyPaths = nil, nil
		return nil
	}
	for _, pattern := range strings.Split(value, ":") {
		if !strings.HasPrefix(pattern, "/") {
			return bad("--security-opt", opt, "write ALL or absolute paths, parted by colons")
		}
		left := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(p string) bool {
				ok, err := path.Match(path.Clean(pattern), p)
				return ok && err == nil
			})
		}
		masked, readonly := left(l.MaskedPaths), left(l.ReadonlyPaths)
		if len(masked) == len(l.MaskedPaths) && len(readonly) == len(l.ReadonlyPaths) {
			for _, whole := range slices.Concat(l.MaskedPaths, l.ReadonlyPaths) {
				if strings.HasPrefix(path.Clean(pattern), whole+"/") {
					return bad("--security-opt", opt, "it is a part of "+whole+", which is opened as a whole or not")
				}
			}
			if pattern = path.Clean(pattern); pattern == "/sys" || strings.HasPrefix(pattern, "/sys/") && !strings.ContainsAny(pattern, "*?[") {
				return bad("--security-opt", opt, "it is not hidden, and /sys as a whole stays read-only")
			}
			return bad("--security-opt", opt, pattern+" is neither hidden nor read-only; those that are: "+strings.Join(slices.Concat(maskedPaths, readonlyPaths), " "))
		}
		l.MaskedPaths, l.ReadonlyPaths = masked, readonly
	}
	return nil
}
