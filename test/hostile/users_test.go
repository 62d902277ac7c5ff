package hostile

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// usersFiles are files that a reader of /etc/passwd could hang on, or fill its memory with.
func usersFiles() map[string]func(path string) error {
	return map[string]func(path string) error{
		"a FIFO":           func(path string) error { return unix.Mkfifo(path, 0o644) },
		"a directory":      func(path string) error { return os.Mkdir(path, 0o755) },
		"a socket":         func(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o644, 0) },
		"a device":         func(path string) error { return os.Symlink("/dev/zero", path) },
		"a link outside":   func(path string) error { return os.Symlink("../../canary/etc/passwd", path) },
		"a link to /proc":  func(path string) error { return os.Symlink("/proc/self/environ", path) },
		"a link to itself": func(path string) error { return os.Symlink("passwd", path) },
		"mode 0000":        func(path string) error { return os.WriteFile(path, []byte("user:x:1000:1000:::\n"), 0) },
		"2 GiB of holes": func(path string) error {
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				return err
			}
			return os.Truncate(path, 2<<30)
		},
		"10 million lines": func(path string) error { return manyLines(path, 10_000_000) },
		"a million lines":  func(path string) error { return manyLines(path, 1_000_000) },
		"one long line":    func(path string) error { return os.WriteFile(path, make([]byte, 8<<20), 0o644) },
	}
}

func manyLines(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for range n / 2 {
		// A bufio.Writer keeps the error for Flush.
		_, _ = w.WriteString("a:x:1:1:::\nb:x:2:b\n")
	}
	return w.Flush()
}

func TestHostileUsersFilesAreAnsweredAtOnce(t *testing.T) {
	const memory = 64 << 20
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		testenv.Canary(t, rootfs)
		for what, make := range usersFiles() {
			if testing.Short() && what == "10 million lines" {
				continue
			}
			for _, file := range []string{"passwd", "group"} {
				path := filepath.Join(rootfs, "etc", file)
				if err := os.Rename(path, path+".kept"); err != nil {
					t.Fatal(err)
				}
				if err := make(path); err != nil {
					t.Fatal(err)
				}
				for _, user := range []string{"", "0", "0:0", "root", "user", "0:user", "nobody"} {
					start := time.Now()
					args := []string{userns, "-u", user, rootfs, "true"}
					if user == "" {
						args = []string{userns, rootfs, "true"}
					}
					r := kit.Run(t, args...)
					// It is a tenth of a second on an idle machine.
					if took := time.Since(start); took > 10*time.Second {
						t.Errorf("/etc/%s is %s, user %q: took %v", file, what, user, took)
					}
					if r.MaxRSS > memory {
						t.Errorf("/etc/%s is %s, user %q: took %d MiB", file, what, user, r.MaxRSS>>20)
					}
					if r.Status != 0 {
						t.Run(fmt.Sprintf("%s %s %s", file, what, user), func(t *testing.T) { r.Refused(t, 125) })
					}
					if (user == "" || user == "0" || user == "0:0") && r.Status != 0 && !r.Lacks(t) {
						t.Errorf("/etc/%s is %s: root needs no file, and is refused: %s", file, what, r.Stderr)
					}
				}
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".kept", path); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// allDigits adds users whose names look like numbers of others; all are root.
func allDigits(t *testing.T, rootfs string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(rootfs, "etc/passwd"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err = f.WriteString("12345:x:0:0:all digits:/:/bin/sh\n+1:x:0:0::/:/bin/sh\n"); err != nil {
		t.Fatal(err)
	}
}

// Never root by accident (CVE-2024-40635).
func TestUsers(t *testing.T) {
	testenv.Unprivileged(t)
	rootfs := kit.Rootfs(t)
	allDigits(t, rootfs)
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, c := range users() {
			t.Run("user "+c.user, func(t *testing.T) {
				want := c.full
				if userns == "--userns=single" {
					want = c.single
				}
				r := kit.Run(t, userns, "--user="+c.user, rootfs, "sh", "-c", "echo $(id -u):$(id -g)")
				if want == refused || r.Lacks(t) {
					r.Refused(t, 125)
					return
				}
				r.OK(t)
				if r.Stdout != want+"\n" {
					t.Errorf("it runs as %q, want %q", r.Stdout, want)
				}
			})
		}
	})
}

const refused = ""

type asked struct{ user, single, full string } // and what the command's ids then are

func users() []asked {
	return []asked{
		{"0", "0:0", "0:0"},
		{"root", "0:0", "0:0"},
		{"1000", refused, "1000:1000"},
		{"user", refused, "1000:1000"},
		{"user:staff", refused, "1000:50"},
		{"1000:0", refused, "1000:0"},
		{"1234", refused, "1234:0"},
		{"65534", refused, "65534:65534"},
		{"nobody", refused, "65534:65534"},
		{"12345", refused, "12345:0"}, // a number, although there is a name like it, of root
		{"01", refused, "1:1"},
		{"0x1", refused, refused},
		{"+1", refused, refused},
		{"-1", refused, refused},
		{"1:", refused, refused},
		{":1", refused, refused},
		{":", refused, refused},
		{"", refused, refused},
		{" 0", refused, refused},
		{"0 ", refused, refused},
		{"0\n", refused, refused},
		{"1:2:3", refused, refused},
		{"65535", refused, "65535:0"},
		{"65537", refused, refused}, // the range ends before it
		{"4294967294", refused, refused},
		{"4294967295", refused, refused},
		{"4294967296", refused, refused},
		{"18446744073709551616", refused, refused},
		{"-4294967296", refused, refused},
		{"0:4294967295", refused, refused},
		{"nosuchuser", refused, refused},
		{"root:nosuchgroup", refused, refused},
		{"../etc/passwd", refused, refused},
	}
}
