package hostile

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// maskedPaths and readOnlyPaths are what other engines hide and protect of /proc and /sys, too. Not all of them exist
// with every kernel.
var (
	maskedPaths = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
		"/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
	}
	readOnlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// masks prints what it could see or change of the paths that come after "--", of which those before are to be hidden. It
// tries to take away what covers them first, in each way that mount(2) has, with tools of busybox and with the probe.
const masks = `hidden=1
	for p in "$@"; do
		[ "$p" = -- ] && { hidden=; continue; }
		for at in "$p" "/proc/1/root$p" "/proc/self/root$p" "/proc/thread-self/root$p"; do
			[ -e "$at" ] || continue
			echo "there $p"
			probe umount "$at" | sed "s|^|umount $p |"; [ -d "$at" ] || probe umount "$at/" >/dev/null
			probe mount none none "$at" remount,bind >/dev/null && echo "remounted $p"
			probe mount none none "$at" remount >/dev/null && echo "remounted $p"
			probe mount none /dev/shm "$at" bind >/dev/null && echo "bound over $p"
			mkdir -p /dev/shm/seen; : >>/dev/shm/file; to=/dev/shm/seen; [ -d "$at" ] || to=/dev/shm/file
			probe mount none "$at" $to bind >/dev/null && echo "bound elsewhere $p"
			if [ $hidden ]; then
				if [ -d "$at" ]; then [ -z "$(ls -A "$at" 2>/dev/null)" ]; else [ "$(head -c 1 "$at" 2>/dev/null | wc -c)" = 0 ]; fi || echo "seen $p"
			else
				probe write "$at/made" x >/dev/null && echo "written $p"
				[ -d "$at" ] || { echo 2>/dev/null h >"$at" && echo "written $p"; }
			fi
		done
		probe mount none /proc /dev/shm/seen bind,rec >/dev/null && echo "bound elsewhere /proc"
		probe mount proc proc /dev/shm/seen >/dev/null && echo "a /proc of its own"
		probe mount sysfs sysfs /dev/shm/seen >/dev/null && echo "a /sys of its own"
	done; for f in kernel/core_pattern kernel/hostname vm/overcommit_memory; do echo x 2>/dev/null >/proc/sys/$f && echo "written /proc/sys/$f"; done; echo end`

func arguments() []string {
	return append(append(append([]string{}, maskedPaths...), "--"), readOnlyPaths...)
}

func TestMaskedPathsStayMasked(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h, d := kit.Home(t, userns), login(t)
		script := append([]string{"sh", "-c", masks, "sh"}, arguments()...)
		check := func(what string, r testenv.Result) {
			t.Helper()
			if r.Lacks(t) {
				return
			}
			seen := map[string]bool{}
			for _, line := range r.Lines() {
				word, rest, _ := strings.Cut(line, " ")
				if word == "there" || word == "end" || word == "umount" && (strings.HasSuffix(rest, " EPERM") || strings.HasSuffix(rest, " EINVAL")) || seen[line] {
					continue
				}
				seen[line] = true
				t.Errorf("%s: %s", what, line)
			}
			if !strings.Contains(r.Stdout, "there /proc/sys\n") || !strings.HasSuffix(r.Stdout, "end\n") {
				t.Errorf("%s: exit status %d\n%s%s", what, r.Status, r.Stdout, r.Stderr)
			}
		}
		modes := []string{"--seccomp=unconfined", "--init", "--no-init", "--read-only"} // the first without the filter, which refuses mounts by itself
		if testing.Short() {
			modes = modes[:1]
		}
		for _, mode := range modes {
			check(mode, kit.Run(t, append([]string{userns, mode, h.Rootfs}, script...)...))
		}
		h.Detach([]string{"--name", "a", "--seccomp=unconfined"}, "sleep", "1000")
		check("exec", h.Run(append([]string{"exec", "a"}, script...)...))
		h.Run("rm", "-f", "a").OK(t)
		// Its probe and its writable directories are elsewhere.
		hostScript := append([]string{"sh", "-c", strings.ReplaceAll(masks, "probe ", d.home+"/probe "), "sh"}, arguments()...)
		d.run(t, []string{userns}, "probe", "cwd") // puts it there
		check("the host's root", d.run(t, []string{userns, "--seccomp=unconfined"}, hostScript...))
	})
}

// With the right to mount, root inside can take its own masks away; what they hide is the kernel's to protect then. What
// it gets is shown, and nothing of the host's is written.
func TestMasksWithTheRightToMount(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		before, err := exec.Command("sh", "-c", "cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory").Output()
		if err != nil {
			t.Fatal(err)
		}
		r := kit.Run(t, append([]string{userns, "--cap-add=SYS_ADMIN", kit.Rootfs(t), "sh", "-c", masks, "sh"}, arguments()...)...)
		if !r.Lacks(t) {
			t.Logf("with CAP_SYS_ADMIN: %s", r.Stdout)
		}
		for _, line := range r.Lines() {
			// Its own hostname, in its own namespace, is not the host's.
			if strings.HasPrefix(line, "written") && line != "written /proc/sys/kernel/hostname" {
				t.Error(line)
			}
		}
		after, err := exec.Command("sh", "-c", "cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory").Output()
		if err != nil || string(after) != string(before) {
			t.Errorf("settings of the host are other ones: %v\n%s", err, after)
		}
	})
}
