package hostile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// What the rootfs has in /dev plays no part, with a terminal either (CVE-2025-31133, CVE-2025-52565).
func TestLinksInTheRootfsDevReachNothing(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		canary := testenv.Canary(t, rootfs)
		if err := os.MkdirAll(filepath.Join(rootfs, "dev/pts"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"null", "console", "ptmx", "pts/0", "pts/ptmx", "zero", "tty", "fd", "stdin"} {
			if err := os.Symlink(filepath.Join(canary, "dev/null"), filepath.Join(rootfs, "dev", name)); err != nil {
				t.Fatal(err)
			}
		}
		for _, mode := range []string{"--no-tty", "-t"} {
			r := kit.Run(t, userns, mode, rootfs, "sh", "-c", "for f in null zero tty ptmx pts/ptmx; do [ -c /dev/$f ] || echo no $f; done; echo x >/dev/null; chmod 600 /dev/ptmx 2>/dev/null; true")
			if r.Lacks(t) {
				continue
			}
			r.OK(t)
			if r.Stdout != "" {
				t.Error(r.Stdout)
			}
		}
		r := kit.Run(t, userns, "-t", rootfs, "sh", "-c", "[ -c /dev/console ] && [ -c /dev/pts/0 ] && tty")
		if !r.Lacks(t) && (r.Status != 0 || r.Stdout != "/dev/pts/0\r\n") {
			t.Errorf("exit status %d, the terminal is %q: %s", r.Status, r.Stdout, r.Stderr)
		}
	})
}

func TestTheDevicesAreExactlyThese(t *testing.T) {
	want := []string{
		"char 666 1:3 /dev/null", "char 666 1:5 /dev/zero", "char 666 1:7 /dev/full", "char 666 1:8 /dev/random", "char 666 1:9 /dev/urandom",
		"char 666 5:0 /dev/tty", "char 666 5:2 /dev/pts/ptmx",
		"dir /dev", "dir /dev/mqueue", "dir /dev/pts", "dir /dev/shm",
		"link /dev/fd", "link /dev/ptmx", "link /dev/stderr", "link /dev/stdin", "link /dev/stdout",
	}
	slices.Sort(want)
	const list = `find /dev | while read -r f; do case "$(stat -c %F "$f")" in
		symbolic*) echo "link $f";; directory) echo "dir $f";;
		character*) echo "char $(stat -c %a "$f") $((0x$(stat -c %t "$f"))):$((0x$(stat -c %T "$f"))) $f";;
		*) echo "other $f";; esac; done`
	testenv.Mappings(t, func(t *testing.T, userns string) {
		r := kit.Run(t, userns, kit.Rootfs(t), "sh", "-c", list)
		r.OK(t)
		got := r.Lines()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestDevicesAreNosuidAndNoexec(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, mode := range []string{"--no-tty", "-t"} {
			r := kit.Run(t, userns, mode, kit.Rootfs(t), "sh", "-c", `grep -E ' /dev(/[^ ]*)? ' /proc/mounts`)
			r.OK(t)
			if len(r.Lines()) < 10 {
				t.Errorf("%s: only these mounts below /dev: %s", mode, r.Stdout)
			}
			for _, line := range r.Lines() {
				f := strings.Fields(line)
				options := strings.Split(f[3], ",")
				if !slices.Contains(options, "nosuid") || !slices.Contains(options, "noexec") {
					t.Errorf("%s: %s", mode, line)
				}
				node := f[1] != "/dev" && f[1] != "/dev/shm" && f[1] != "/dev/mqueue"
				if !node && f[1] != "/dev" && !slices.Contains(options, "nodev") {
					t.Errorf("%s: %s", mode, line)
				}
			}
		}
	})
}

func TestNoDeviceCanBeMade(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, at := range []string{"/disk", "/dev/disk", "/dev/shm/disk"} {
			if r := kit.Run(t, userns, kit.Rootfs(t), "probe", "mknod", at); !r.Lacks(t) && r.Stdout != "EPERM\n" {
				t.Errorf("mknod %s: %s", at, r.Stdout)
			}
		}
	})
}
