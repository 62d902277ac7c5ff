package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// states are what a rootfs may have where urun wants to mount something (CVE-2023-27561, CVE-2019-16884).
func states() map[string]func(place, canary string) error {
	link := func(to string) func(string, string) error {
		return func(place, canary string) error { return os.Symlink(strings.ReplaceAll(to, "CANARY", canary), place) }
	}
	return map[string]func(place, canary string) error{
		"absolute link":         link("CANARY/etc"),
		"link to the host's":    link("/proc/1/root/CANARY/etc"),
		"relative link":         link("../canary/etc"),
		"deep relative link":    link("../../../../../../../..CANARY/etc"),
		"dangling link":         link("/nowhere"),
		"dangling link outside": link("../canary/made"),
		"link to .":             link("."),
		"link to /":             link("/"),
		"link to itself":        link("/proc"),
		"link to a file":        link("/bin/busybox"),
		"chained link": func(place, canary string) error {
			hop := filepath.Join(filepath.Dir(place), "hop")
			if err := os.Symlink("../canary", hop); err != nil {
				return err
			}
			return os.Symlink("hop/etc", place)
		},
		"file":      func(place, _ string) error { return os.WriteFile(place, nil, 0o644) },
		"FIFO":      func(place, _ string) error { return unix.Mkfifo(place, 0o644) },
		"mode 0000": func(place, _ string) error { return os.Mkdir(place, 0) },
		"missing":   func(string, string) error { return nil },
	}
}

// sane prints nothing when what urun mounts is where it belongs.
const sane = `
	[ -r /proc/self/stat ] || echo no /proc
	[ -d /sys/class/net/lo ] || echo no /sys
	[ -c /dev/null ] && [ -c /dev/pts/ptmx ] && [ -d /dev/shm ] && [ -d /dev/mqueue ] || echo no /dev
	while read -r _ where what _; do echo "$where $what"; done </proc/mounts | sort >/dev/shm/mounts
	for m in "/proc proc" "/sys sysfs" "/dev tmpfs" "/dev/pts devpts" "/dev/shm tmpfs" "/dev/mqueue mqueue"; do
		[ "$(grep -cxF "$m" /dev/shm/mounts)" = 1 ] || echo "not once: $m"
	done
	echo x >/dev/null || echo cannot write`

func TestMountPointsOfAHostileRootfs(t *testing.T) {
	places := []string{"proc", "sys", "dev", "dev/pts", "dev/shm", "dev/mqueue", "dev/fd", "dev/null", "etc", "run", "tmp"}
	modes := [][]string{{"--no-tty"}, {"-t"}, {"--read-only"}, {"--ephemeral"}, {"--add-host=mine:192.0.2.7", "--dns=192.0.2.1"}}
	if testing.Short() {
		modes = modes[4:]
	}
	testenv.Mappings(t, func(t *testing.T, userns string) {
		t.Parallel()
		rootfs := kit.Rootfs(t)
		canary := testenv.Canary(t, rootfs)
		worked := 0
		for _, place := range places {
			for state, make := range states() {
				at := filepath.Join(rootfs, place)
				if err := os.Rename(at, at+".kept"); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				if err := make(at, canary); err != nil {
					t.Fatal(err)
				}
				for _, mode := range modes {
					r := kit.Run(t, append(append([]string{userns, "--net=none"}, mode...), rootfs, "sh", "-c", sane)...)
					switch {
					case r.Status == 0 && r.Stdout == "" && r.Stderr == "", r.Lacks(t):
						worked++
					case r.Status != 125:
						t.Errorf("%v: /%s is a %s: exit status %d\nstdout: %s\nstderr: %s", mode, place, state, r.Status, r.Stdout, r.Stderr)
					default:
						says := "/" + place
						if len(mode) > 1 {
							says = "mount point" // that of a file in it
						}
						t.Run(place+" "+state, func(t *testing.T) { r.Refused(t, 125, says) })
					}
				}
				if state == "mode 0000" { // something may have been made in it
					if err := os.Chmod(at, 0o700); err != nil {
						t.Fatal(err)
					}
				}
				for _, made := range []string{at, filepath.Join(filepath.Dir(at), "hop")} {
					if err := os.RemoveAll(made); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Rename(at+".kept", at); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
		}
		if worked == 0 {
			t.Error("nothing worked")
		}
	})
}
