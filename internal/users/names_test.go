package users

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestIDsHaveTheNamesOfTheRootfs(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/etc/passwd", []byte(strings.Join([]string{
		"# root:x:7:7", "", "root:x:0:0:root:/root:/bin/sh", "toor:x:0:0::/:/bin/sh", "bob:x:1000:100::/home/bob:/bin/sh", "noline", "two:x", ":x:8:8", "odd:x:+9:9", "word:x:nine:9",
		"minus:x:-1:9", "large:x:4294967296:9", "short:x:12", "  blank:x:13:13  ", "colons:::::", "last:x:4294967294:1", ":x:14:14", "later:x:14:14",
	}, "\n")), 0o644))
	must(t, os.WriteFile(dir+"/etc/group", []byte("wheel:x:10:root,bob\nstaff:*:10:\nroot:x:0:\naudio:x:29:bob"), 0o644))
	user, group := Names(root)
	for range 2 {
		for id, want := range map[uint32]string{0: "root", 1000: "bob", 12: "short", 13: "blank", 14: "later", 1<<32 - 2: "last", 7: "", 8: "", 9: "", 1: "", 1<<32 - 1: "", 10: ""} {
			if got := user(id); got != want {
				t.Errorf("user %d is %q, want %q", id, got, want)
			}
		}
		for id, want := range map[uint32]string{0: "root", 10: "wheel", 29: "audio", 1000: "", 100: ""} {
			if got := group(id); got != want {
				t.Errorf("group %d is %q, want %q", id, got, want)
			}
		}
		must(t, os.RemoveAll(dir+"/etc")) // each is read once
		must(t, os.Mkdir(dir+"/etc", 0o755))
	}
}

// Whatever the container has put there, a list of its processes can be shown.
func TestIDsWithoutNames(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "passwd")
	must(t, os.WriteFile(outside, []byte("outside:x:0:0"), 0o644))
	for name, put := range map[string]func(t *testing.T, path string){
		"nothing":        func(*testing.T, string) {},
		"a link outside": func(t *testing.T, path string) { must(t, os.Symlink(outside, path)) },
		"a link upwards": func(t *testing.T, path string) { must(t, os.Symlink("../../../../../../.."+outside, path)) },
		"a link of proc": func(t *testing.T, path string) { must(t, os.Symlink("/proc/self/root"+outside, path)) },
		"a link to it":   func(t *testing.T, path string) { must(t, os.Symlink(filepath.Base(path), path)) },
		"a fifo":         func(t *testing.T, path string) { must(t, unix.Mkfifo(path, 0o644)) },
		"a directory":    func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) },
		"an empty file":  func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o644)) },
		"noise":          func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("\x00\xff:\x01:\n::\n:"), 0o644)) },
		"a line too long": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("x", 2*lineLimit)), 0o644))
		},
		"a file too large": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("large:x:0:\n"), 0o644))
			must(t, os.Truncate(path, sizeLimit+1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, root := rootfs(t)
			put(t, dir+"/etc/passwd")
			put(t, dir+"/etc/group")
			user, group := Names(root)
			if u, g := user(0), group(0); u != "" || g != "" {
				t.Errorf("root is %q and %q", u, g)
			}
		})
	}
}

// A link is followed as inside.
func TestNamesBehindALinkOfTheRootfs(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/real", []byte("inside:x:0:0"), 0o644))
	must(t, os.Symlink("/real", dir+"/etc/passwd"))
	must(t, os.Symlink("../../../real", dir+"/etc/group"))
	user, group := Names(root)
	if u, g := user(0), group(0); u != "inside" || g != "inside" {
		t.Errorf("root is %q and %q", u, g)
	}
}

// Those before the spoilt line still have theirs.
func TestASpoiltFileNamesThoseBefore(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/etc/passwd", []byte("root:x:0:0\n"+strings.Repeat("x", 2*lineLimit)+"\nbob:x:1:1\n"), 0o644))
	user, _ := Names(root)
	if a, b := user(0), user(1); a != "root" || b != "" {
		t.Errorf("got %q and %q", a, b)
	}
}
