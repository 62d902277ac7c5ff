package unpack

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// Whatever the bytes are, nothing outside the tree is touched, no device is made, and what was unpacked has the digest of the bytes.
func FuzzLayer(f *testing.F) {
	testenv.Unprivileged(f)
	for _, h := range hostile {
		f.Add(archive(f, h.entries...), false)
	}
	for _, h := range hostile[:20] {
		f.Add(archive(f, h.entries...), true)
	}
	f.Fuzz(func(t *testing.T, blob []byte, flat bool) {
		dir := t.TempDir()
		tree, canary := filepath.Join(dir, "tree"), filepath.Join(dir, "canary")
		must(t, os.Mkdir(tree, 0o755))
		must(t, os.Mkdir(canary, 0o755))
		must(t, os.WriteFile(canary+"/file", []byte("alive"), 0o644))
		r, err := here(t, tree, Job{OneID: true, Flat: flat}, blob)
		if b, err := os.ReadFile(canary + "/file"); err != nil || string(b) != "alive" {
			t.Fatalf("the canary is %q, %v", b, err)
		}
		for _, d := range []string{dir, canary} {
			if names, err := os.ReadDir(d); err != nil || len(names) > 2 {
				t.Fatalf("in %s is %v, %v", d, names, err)
			}
		}
		if err == nil && plainTar(blob) && r.DiffID != fmt.Sprintf("sha256:%x", sha256.Sum256(blob)) {
			t.Fatalf("%+v", r)
		}
		// Directories that are shut could not be removed by the end of the test.
		if out, err := exec.Command("chmod", "-R", "u+rwX", tree).CombinedOutput(); err != nil && !bytes.Contains(out, []byte("dangling")) && len(out) > 0 {
			t.Logf("%v: %s", err, out)
		}
		_ = filepath.WalkDir(tree, func(path string, _ os.DirEntry, err error) error {
			var st unix.Stat_t
			if unix.Lstat(path, &st) == nil && (st.Mode&unix.S_IFMT == unix.S_IFCHR && (st.Rdev != 0 || flat) || st.Mode&unix.S_IFMT == unix.S_IFBLK) {
				t.Fatalf("%q is a device", path)
			}
			return nil
		})
	})
}

func plainTar(blob []byte) bool {
	for _, m := range magic {
		if bytes.HasPrefix(blob, []byte(m)) {
			return false
		}
	}
	return !skippable(blob)
}
