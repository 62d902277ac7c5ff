package ocispec

import "github.com/opencontainers/runtime-spec/specs-go"

// maskedPaths and readonlyPaths are what podman hides and protects of /proc and /sys. A rootless container needs neither: the files
// belong to the host's root, which no id inside is. They are for a container that root itself starts, whose root is then the
// host's: the kernel lets that one write /proc/sys whatever its capabilities are (sysctl_perm() in net/sysctl_net.c and
// fs/proc/proc_sysctl.c), and core_pattern there names a program that the kernel runs outside.
var (
	maskedPaths = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
	}
	readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// protect adds them where the host's root is mapped.
func protect(l *specs.Linux) {
	for _, m := range l.UIDMappings {
		if m.HostID == 0 {
			l.MaskedPaths, l.ReadonlyPaths = maskedPaths, readonlyPaths
			return
		}
	}
}
