//go:build vm

package apparmor

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// This is for root in a virtual machine with AppArmor: hack/vm/test.
func TestTheKernelFindsTheProfileByThePathAndByNoOther(t *testing.T) {
	cat, err := os.ReadFile("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	label := func(path string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, cat, 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path, "/proc/self/attr/current").CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", path, err, out)
		}
		return strings.TrimSuffix(string(out), "\n")
	}
	dir := t.TempDir()
	for _, c := range []struct{ path, another string }{
		{"urun", "urun1"},
		{"a b/urun", "a/b/urun"},
		{"ä\xff/urun", "ä/urun"},
		{"p*/urun", "pq/urun"},
		{"p?/urun", "pq/urun"},
		{"p?/urun", "/urun"}, // were it an optional character
		{"[ab]/urun", "a/urun"},
		{"[^a]/urun", "b/urun"},
		{"{a,b}/urun", "a/urun"},
		{"@{HOME}/urun", "HOME/urun"},
		{`b\n\\*/urun`, `bn\/urun`},
		{`"q" #/urun`, "q"},
		{"n\n1\t\x7f/urun", "n1/urun"},
		{"comma, tilde~ ^+|.$()/urun", "comma, tilde~ ^+|x$()/urun"},
	} {
		path, another := filepath.Join(dir, c.path), filepath.Join(dir, c.another)
		load := exec.Command("apparmor_parser", "--replace", "--skip-cache")
		load.Stdin = strings.NewReader(Profile(path))
		if out, err := load.CombinedOutput(); err != nil || bytes.Contains(out, []byte("arning")) {
			t.Fatalf("load the profile for %q: %v: %s\n%s", path, err, out, Profile(path))
		}
		if got := label(path); got != "urun (unconfined)" {
			t.Errorf("%q runs as %q", path, got)
		}
		if got := label(another); got != "unconfined" {
			t.Errorf("%q runs as %q, with the profile for %q", another, got, path)
		}
	}
	remove := exec.Command("apparmor_parser", "--remove")
	remove.Stdin = strings.NewReader(Profile(dir))
	if out, err := remove.CombinedOutput(); err != nil {
		t.Fatalf("remove the profile: %v: %s", err, out)
	}
}
