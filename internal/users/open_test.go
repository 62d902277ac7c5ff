package users

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rootfs makes an empty directory with etc and returns it with a descriptor.
func rootfs(t *testing.T) (dir string, root int) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(root) })
	return dir, root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenReadsFilesOfTheRootfs(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"a file": func(t *testing.T, dir string) {
			must(t, os.WriteFile(dir+"/etc/passwd", []byte("inside"), 0o644))
		},
		"an absolute link": func(t *testing.T, dir string) {
			must(t, os.WriteFile(dir+"/real", []byte("inside"), 0o644))
			must(t, os.Symlink("/real", dir+"/etc/passwd"))
		},
		"a link above the root": func(t *testing.T, dir string) {
			must(t, os.WriteFile(dir+"/real", []byte("inside"), 0o644))
			must(t, os.Symlink("../../../../real", dir+"/etc/passwd"))
		},
		"etc is a link": func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/etc", dir+"/usr"))
			must(t, os.Symlink("/usr", dir+"/etc"))
			must(t, os.WriteFile(dir+"/usr/passwd", []byte("inside"), 0o644))
		},
		"a directory that may only be passed": func(t *testing.T, dir string) {
			must(t, os.WriteFile(dir+"/etc/passwd", []byte("inside"), 0o644))
			must(t, os.Chmod(dir+"/etc", 0o311))
			t.Cleanup(func() { os.Chmod(dir+"/etc", 0o755) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, root := rootfs(t)
			prepare(t, dir)
			file, err := Open(root, "etc/passwd")
			must(t, err)
			defer file.Close()
			if got, err := io.ReadAll(file); err != nil || string(got) != "inside" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(outside, []byte("outside"), 0o644))
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"nothing":           {func(*testing.T, string) {}, "no such file or directory"},
		"a link to nothing": {func(t *testing.T, path string) { must(t, os.Symlink("/nothing", path)) }, "no such file or directory"},
		"a link outside":    {func(t *testing.T, path string) { must(t, os.Symlink(outside, path)) }, "no such file or directory"},
		"a link to itself":  {func(t *testing.T, path string) { must(t, os.Symlink("passwd", path)) }, "too many levels of symbolic links"},
		"a directory":       {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) }, "it is a directory, not a file"},
		"a FIFO":            {func(t *testing.T, path string) { must(t, unix.Mkfifo(path, 0o644)) }, "it is a FIFO, not a file"},
		"a socket":          {func(t *testing.T, path string) { must(t, unix.Mknod(path, unix.S_IFSOCK|0o644, 0)) }, "it is a socket, not a file"},
		"a file below file": {func(t *testing.T, path string) { must(t, os.Symlink("/etc/group/x", path)) }, "not a directory"},
		"two gigabytes": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, nil, 0o644))
			must(t, os.Truncate(path, 2<<30))
		}, "it has 2147483648 bytes, the limit is 16777216"},
		"one byte too large": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, nil, 0o644))
			must(t, os.Truncate(path, 16<<20+1))
		}, "it has 16777217 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, root := rootfs(t)
			must(t, os.WriteFile(dir+"/etc/group", nil, 0o644))
			c.prepare(t, dir+"/etc/passwd")
			start := time.Now()
			file, err := Open(root, "etc/passwd")
			if err == nil {
				file.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), "open /etc/passwd of the rootfs: ") || !strings.HasSuffix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want+",") {
				t.Errorf("got %v, want an error with %s", err, c.want)
			}
			if missing := strings.HasPrefix(c.want, "no such"); errors.Is(err, fs.ErrNotExist) != missing {
				t.Errorf("%v is fs.ErrNotExist: %v, want %v", err, !missing, missing)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// With the host's root as rootfs the device is a real one, and /proc's links lead
// anywhere.
func TestOpenRefusesDevicesAndMagicLinks(t *testing.T) {
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(root)
	if _, err := Open(root, "dev/zero"); err == nil || !strings.HasSuffix(err.Error(), "it is a device, not a file") {
		t.Errorf("/dev/zero: got %v", err)
	}
	for _, path := range []string{"proc/self/root/etc/passwd", "proc/self/cwd/open.go", "proc/self/exe"} {
		if _, err := Open(root, path); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: got %v, want ELOOP", path, err)
		}
	}
}

func TestLookupReadsBothFiles(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/etc/passwd", []byte(passwd), 0o644))
	must(t, os.WriteFile(dir+"/etc/group", []byte(group), 0o644))
	want := User{UID: 1000, GID: 100, Name: "bob", Groups: []uint32{10, 29, 100}, Home: "/home/bob", Shell: "/bin/sh"}
	if got, err := Lookup(root, "bob"); err != nil || got.String() != want.String() {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if got, err := LookupGroups(root, []string{"wheel", "7", "audio"}); err != nil || !slices.Equal(got, []uint32{10, 7, 29}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := LookupGroups(root, []string{"7", "nobodies"}); err == nil || got != nil {
		t.Errorf("got %v, %v, want an error", got, err)
	}
}

func TestLookupDoesWithoutFilesWhereItCan(t *testing.T) {
	dir, root := rootfs(t)
	for spec, want := range map[string]User{"": {}, "0": {}, "7": {UID: 7}, "7:8": {UID: 7, GID: 8}} {
		if got, err := Lookup(root, spec); err != nil || got.String() != want.String() {
			t.Errorf("without files %q gives %s, %v, want %s", spec, got, err, want)
		}
	}
	must(t, unix.Mkfifo(dir+"/etc/passwd", 0o644))
	must(t, unix.Mkfifo(dir+"/etc/group", 0o644))
	for spec, want := range map[string]User{"": {}, "0": {}, "7:8": {UID: 7, GID: 8}} {
		if got, err := Lookup(root, spec); err != nil || got.String() != want.String() {
			t.Errorf("with bad files %q gives %s, %v, want %s", spec, got, err, want)
		}
	}
	// The group of 7 is not known, and 0 would be a guess.
	for _, spec := range []string{"7", "bob", "0:wheel", "bob:0"} {
		if got, err := Lookup(root, spec); err == nil || !strings.Contains(err.Error(), "it is a FIFO") {
			t.Errorf("with bad files %q gives %s, %v, want an error", spec, got, err)
		}
	}
	if _, err := LookupGroups(root, []string{"7"}); err != nil {
		t.Error(err)
	}
	if _, err := LookupGroups(root, []string{"wheel"}); err == nil {
		t.Error("a FIFO knew a group")
	}
	must(t, os.Remove(dir+"/etc/passwd"))
	must(t, os.WriteFile(dir+"/etc/passwd", []byte(passwd), 0o644))
	if got, err := Lookup(root, "0"); err != nil || got.Home != "/root" {
		t.Errorf("with a bad group file root is %s, %v", got, err)
	}
}

func TestLookupTakesLittleMemory(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/etc/passwd", []byte(strings.Repeat("u:x:1:1::/:\n", 1<<20)+passwd), 0o644))
	must(t, os.WriteFile(dir+"/etc/group", []byte("g:x:5:"+strings.Repeat("x,", 500_000)+"bob\n"), 0o644))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if got, err := Lookup(root, "bob"); err != nil || got.UID != 1000 || !slices.Equal(got.Groups, []uint32{5}) {
		t.Errorf("got %s, %v", got, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func TestLookupLeavesNoDescriptorOpen(t *testing.T) {
	dir, root := rootfs(t)
	must(t, os.WriteFile(dir+"/etc/passwd", []byte(passwd), 0o644))
	must(t, unix.Mkfifo(dir+"/etc/group", 0o644))
	lowest := func() int {
		fd, err := unix.Dup(root)
		must(t, err)
		unix.Close(fd)
		return fd
	}
	before := lowest()
	for _, spec := range []string{"0", "bob", "7", "nobody", "+1"} {
		Lookup(root, spec)
		LookupGroups(root, []string{spec})
	}
	if after := lowest(); after != before {
		t.Errorf("the lowest free descriptor was %d and is %d", before, after)
	}
}

func BenchmarkLookup(b *testing.B) {
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(root)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Lookup(root, "root"); err != nil {
			b.Fatal(err)
		}
	}
}
