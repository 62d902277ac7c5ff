package unpack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// In a mount namespace of its own, for which the test starts itself again: file systems on which something cannot be made.
func TestFileSystemsThatLackSomething(t *testing.T) {
	const there = "URUN_TEST_UNPACK_IN_MOUNT_NAMESPACE"
	if dir := os.Getenv(there); dir != "" {
		t.Run("no attributes", func(t *testing.T) { noAttributes(t, dir+"/ramfs") })
		t.Run("no whiteouts", func(t *testing.T) { noWhiteouts(t, dir+"/overlay") })
		t.Run("no room", func(t *testing.T) { noRoom(t, dir+"/small") })
		return
	}
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare", "mount")
	dir := kit.Dir(t)
	script := `cd "$1" && mkdir ramfs overlay small l u && mount -t ramfs none ramfs && mkdir small/u && mount -t tmpfs -o size=1m none small &&
		mkdir ov && mount -t tmpfs none ov && mkdir ov/l ov/u ov/w && mount -t overlay -o lowerdir=ov/l,upperdir=ov/u,workdir=ov/w,userxattr none overlay &&
		exec "$2" -test.run='^TestFileSystemsThatLackSomething$' -test.v`
	self, err := os.Executable()
	must(t, err)
	c := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", dir, self)
	c.Env = append(os.Environ(), there+"="+dir)
	if r := testenv.Finish(t, c); r.Status != 0 || strings.Count(r.Stdout, "    --- PASS") != 3 {
		t.Errorf("status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}

func here(t *testing.T, dir string, job Job, blob []byte) (Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	must(t, os.WriteFile(path, blob, 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	return Layer(job, f, dir)
}

// Where overlay's marks cannot be made nothing is, and the answer says so; flat, the layer is unpacked, and what is lost is said.
func noAttributes(t *testing.T, dir string) {
	blob := archive(t, folder("d", own(5, 5)), file("f", "x", own(5, 5), xattr("user.mine", "v")))
	r, err := here(t, dir, Job{OneID: true}, blob)
	if err != nil || !strings.Contains(r.NoMarks, "no user attributes") {
		t.Errorf("%+v, %v", r, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
	r, err = here(t, dir, Job{OneID: true, Flat: true}, blob)
	if err != nil || r.NoMarks != "" || len(r.Skipped) != 3 || !strings.Contains(r.Skipped[0], "its owner is not recorded") {
		t.Errorf("%+v, %v", r, err)
	}
	if b, err := os.ReadFile(dir + "/f"); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func noWhiteouts(t *testing.T, dir string) {
	r, err := here(t, dir, Job{OneID: true}, archive(t, file("f", "x")))
	if err != nil || r.NoMarks == "" {
		t.Errorf("%+v, %v", r, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
}

func noRoom(t *testing.T, dir string) {
	_, err := here(t, dir, Job{OneID: true}, archive(t, file("f", strings.Repeat("x", 2<<20))))
	if err == nil || err.Error() != `write "f": no space left on device` {
		t.Errorf("error %v", err)
	}
}

// What one archive can have urun make and remember has bounds.
func TestAnArchiveIsBounded(t *testing.T) {
	full := &tree{entries: mostEntries}
	if err := full.count("x"); err == nil || !strings.Contains(err.Error(), "more than 4194304 entries") {
		t.Errorf("entries: %v", err)
	}
	long := &tree{names: mostNames}
	if err := long.remember("x"); err == nil || !strings.Contains(err.Error(), "longer than 256 MiB") {
		t.Errorf("names: %v", err)
	}
}
