package hostile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// source makes a directory for a volume, with a file in it.
func source(t *testing.T) string {
	t.Helper()
	dir := kit.Dir(t)
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("volume\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A target is resolved in the rootfs, as the command will see it, and made there when it is missing (CVE-2024-45310).
func TestVolumeTargetsStayInTheRootfs(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		canary := testenv.Canary(t, rootfs)
		volume := source(t)
		for name, to := range map[string]string{
			"top": "/", "abs": canary, "rel": "../canary", "deep": "../../../../../../../../.." + canary, "chain": "rel/etc",
			"proc": "/proc/1/root", "loop": "loop", "dangling": "../canary/made", "in": "/home", "file": "/etc/passwd",
		} {
			if name != "proc" {
				name = "l-" + name
			} else {
				name = "l-magic"
			}
			if err := os.Symlink(to, filepath.Join(rootfs, name)); err != nil {
				t.Fatal(err)
			}
		}
		for _, target := range []string{
			"/l-top", "/l-top/home", "/l-top/new/dir", "/l-abs", "/l-abs/etc", "/l-abs/new", "/l-rel", "/l-rel/etc", "/l-rel/new/deeper",
			"/l-deep/etc", "/l-deep/x/y", "/l-chain", "/l-chain/new", "/l-magic", "/l-magic/tmp", "/l-magic/new", "/l-loop", "/l-loop/x",
			"/l-dangling", "/l-dangling/x", "/l-in/below", "/l-file", "/l-file/x", "/../../../canary/etc", "/home/../../canary", "/a/b/c/d",
			"/proc/self/cwd", "/proc/1/root/home", "/proc/self/fd/3", "/dev/fd/4", "/sys/kernel", "/dev/new", "/",
		} {
			for _, flag := range []string{"--volume=" + volume + ":" + target, "--volume=" + volume + "/file:" + target + "/f:ro", "--tmpfs=" + target} {
				r := kit.Run(t, userns, flag, rootfs, "true")
				if r.Status == 0 && r.Stdout+r.Stderr == "" {
					continue
				}
				t.Run(flag, func(t *testing.T) { r.Refused(t, 125) })
			}
		}
		// What is meant to work does, at the place that the link names inside.
		r := kit.Run(t, userns, "-v", volume+":/l-in/below", "-v", volume+"/file:/l-top/etc/new/motd", rootfs, "cat", "/home/below/file", "/etc/new/motd")
		r.OK(t)
		if r.Stdout != "volume\nvolume\n" {
			t.Errorf("the volumes hold %q", r.Stdout)
		}
	})
}

// What good images have.
func TestOrdinaryLinksAndModesWork(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		volume := source(t)
		// /var/run -> /run is there.
		for _, err := range []error{
			os.Symlink("/usr/real", filepath.Join(rootfs, "abs")),
			os.MkdirAll(filepath.Join(rootfs, "usr/real/sub"), 0o755),
			os.Chmod(filepath.Join(rootfs, "usr/real"), 0o711),
			os.Chmod(filepath.Join(rootfs, "usr"), 0o711),
			os.Chmod(rootfs, 0o711),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, user := range []string{"0", "1000"} {
			if user == "1000" && userns == "--userns=single" {
				continue // there is no such id
			}
			r := kit.Run(t, userns, "-u", user, "-w", "/abs/sub", "-v", volume+":/var/run/app", "-v", volume+"/file:/abs/sub/file", rootfs,
				"sh", "-c", "pwd; cat /run/app/file file")
			r.OK(t)
			if want := "/usr/real/sub\nvolume\nvolume\n"; r.Stdout != want {
				t.Errorf("user %s: %q, want %q", user, r.Stdout, want)
			}
		}
	})
}

func TestARootfsOfSubordinateIDsWorks(t *testing.T) {
	testenv.Unprivileged(t)
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	rootfs := kit.Rootfs(t)
	volume := source(t)
	kit.Run(t, rootfs, "sh", "-c", "chown -R 1000:1000 /home /usr; chmod 711 /home; chown 1000 /etc/passwd; chown 5:5 /run").OK(t)
	r := kit.Run(t, "-u", "1000", "-v", volume+":/home/new/dir", rootfs, "sh", "-c", "touch /home/mine && stat -c %u /home /home/mine /etc/passwd && cat /home/new/dir/file")
	r.OK(t)
	if want := "1000\n1000\n1000\nvolume\n"; r.Stdout != want {
		t.Errorf("got %q, want %q", r.Stdout, want)
	}
	// With one id they are nobody's; what is in the way is said.
	kit.Run(t, "--userns=single", rootfs, "sh", "-c", "[ $(stat -c %u /home) = 65534 ] && ! touch /home/x 2>/dev/null").OK(t)
}
