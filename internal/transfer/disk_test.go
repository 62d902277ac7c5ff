package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// The disk is one in memory, of a mount namespace of the test's own, for which it starts itself again.
func TestAFullDisk(t *testing.T) {
	const there = "URUN_TEST_TRANSFER_DISK"
	if word := os.Getenv(there); word != "" {
		fullDisk(t, word)
		return
	}
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	s := registry.New(t)
	noise := strings.Builder{} // that does not compress
	for i := range 6000 {
		h := sha256.Sum256([]byte(fmt.Sprint(i)))
		noise.Write(h[:])
	}
	i := images.Image{}
	for at := range 3 {
		i.Layers = append(i.Layers, images.Layer{images.File(fmt.Sprint("file", at), noise.String()[at:]), images.File(fmt.Sprint("top"), fmt.Sprint(at))})
	}
	word := s.Image(t, "a/b:1", i.Build(t))
	out := onDisk(t, "tmpfs", "TestAFullDisk", there+"="+word)
	if !strings.Contains(out, "sizes were too small") {
		t.Error(out)
	}
}

// onDisk runs a test of this package where a directory, diskDir, is a file system of this kind of the test's own.
func onDisk(t *testing.T, kind, test string, environ ...string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	must(t, err)
	c := exec.Command("unshare", "-Urm", "sh", "-ec", `mount -t "$2" "$2" "$1"; exec "$3" -test.run="^$4$" -test.v`, "sh", dir, kind, self, test)
	c.Env = append(os.Environ(), append(environ, diskDir+"="+dir)...)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test+" ") {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

const diskDir = "URUN_TEST_TRANSFER_DIR"

func fullDisk(t *testing.T, word string) {
	dir := os.Getenv(diskDir)
	r := image.Request{Do: "pull", Store: filepath.Join(dir, "data"), Sources: []string{word}}
	small := 0
	said := map[string]bool{}
	for kib := 24; kib < 4000; kib += 24 {
		must(t, unix.Mount("", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%dk", kib)))
		_, _, err := ask(t, r)
		if err == nil {
			break
		}
		small++
		said[err.Error()[max(0, len(err.Error())-150):]] = true
		if !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("with %d KiB: %v", kib, err)
		}
		whole := filepath.Join(r.Store, "images/blobs/sha256")
		if _, err := os.Lstat(whole); err == nil {
			for _, name := range listing(t, whole) {
				b, err := os.ReadFile(filepath.Join(whole, name))
				if h := sha256.Sum256(b); err != nil || hex.EncodeToString(h[:]) != name {
					t.Errorf("with %d KiB: the blob %s is torn", kib, name)
				}
			}
		}
		if _, _, err := (image.Store{Dir: r.Store}).Find(word); err == nil {
			t.Errorf("with %d KiB there is an image", kib)
		}
		must(t, unix.Mount("", dir, "tmpfs", unix.MS_REMOUNT, "size=64m"))
		switch small % 3 {
		case 0: // the next one begins anew
			prune(t, r)
			if left := inventory(t, image.Store{Dir: r.Store}); len(left) > 0 {
				t.Errorf("with %d KiB there is left %v", kib, left)
			}
		case 1: // the next one goes on from there, and has space
			if _, _, err := ask(t, r); err != nil {
				t.Errorf("after %d KiB, with space: %v", kib, err)
			}
			checkStore(t, r, word, map[string]string{"top": "2"})
			checkClean(t, r)
			must(t, os.RemoveAll(r.Store))
		}
	}
	for s := range said {
		t.Log(s)
	}
	t.Logf("%d sizes were too small", small)
	if small < 20 {
		t.Errorf("%d sizes were too small", small)
	}
}
