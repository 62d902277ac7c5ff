package image

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// full runs a test again in a mount namespace with a small tmpfs, whose place is in the variable.
func full(t *testing.T, test, variable string) {
	t.Helper()
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	exe, err := os.Executable()
	must(t, err)
	dir := t.TempDir()
	c := exec.Command("unshare", "-Ur", "-m", "sh", "-ec", `mount -t tmpfs -o size=256k tmpfs "$1"; shift; exec "$@"`, "sh", dir, exe, "-test.run="+test, "-test.v")
	c.Env = append(os.Environ(), variable+"="+dir)
	if r := testenv.Finish(t, c); r.Status != 0 || !strings.Contains(r.Stdout, "tried\n") {
		t.Errorf("status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}

// listing is what is in a directory, with the contents of files.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			text, err := os.ReadFile(path)
			b.WriteString(path + " " + string(text) + "\n")
			return err
		}
		b.WriteString(path + "\n")
		return err
	}))
	return b.String()
}
