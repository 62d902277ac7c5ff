package hostile

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// urun's own /etc/hosts, /etc/hostname and /etc/resolv.conf are mounted over whatever a rootfs has there, and nothing
// that a link leads to is read, written or covered.
func TestNamesOverAHostilePlace(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		canary := testenv.Canary(t, rootfs)
		if err := os.MkdirAll(rootfs+"/etc", 0o755); err != nil {
			t.Fatal(err)
		}
		const shows = "cat /etc/hosts; echo written >>/etc/hosts"
		for name, make := range map[string]func(at string) error{
			"nothing":                 func(string) error { return nil },
			"a file":                  func(at string) error { return os.WriteFile(at, []byte("rootfs\n"), 0o644) },
			"a link to a host's file": func(at string) error { return os.Symlink(canary+"/file", at) },
			"a link out of the root":  func(at string) error { return os.Symlink("../../../../../.."+canary+"/file", at) },
			"a link to nothing":       func(at string) error { return os.Symlink("../run/none", at) },
			"a link to itself":        func(at string) error { return os.Symlink("hosts", at) },
			"a link through /proc":    func(at string) error { return os.Symlink("/proc/1/root"+canary+"/file", at) },
			"a fifo":                  func(at string) error { return unix.Mkfifo(at, 0o666) },
		} {
			t.Run(name, func(t *testing.T) {
				at := filepath.Join(rootfs, "etc/hosts")
				if err := os.RemoveAll(at); err != nil {
					t.Fatal(err)
				}
				if err := make(at); err != nil {
					t.Fatal(err)
				}
				r := kit.Run(t, userns, "--net=none", "--add-host=mine:192.0.2.7", rootfs, "sh", "-c", shows)
				r.OK(t)
				if line := r.Lines()[0]; line != "192.0.2.7\tmine" {
					t.Errorf("/etc/hosts begins with %q", line)
				}
				if name != "a file" {
					return
				}
				if b, err := os.ReadFile(at); string(b) != "rootfs\n" {
					t.Errorf("the rootfs's own file became %q, %v", b, err)
				}
			})
		}
		at := filepath.Join(rootfs, "etc/hosts")
		if err := os.RemoveAll(at); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		kit.Run(t, userns, "--net=none", "--add-host=mine:192.0.2.7", rootfs, "true").Refused(t, 125, "mount at /etc/hosts")
	})
}
