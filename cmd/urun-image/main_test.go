package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
)

// Whoever calls it by hand is told so, whatever it is called with, and nothing is done.
func TestItIsForNobodyToUse(t *testing.T) {
	dir := t.TempDir()
	if err := testenv.Build(dir, "./cmd/urun-image"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"urun-image"}, {"urun-image", "pull", "x"}, {inside.Name}, {"urun-image", "--help"}} {
		c := exec.Command(dir + "/urun-image")
		c.Args = args
		if r := testenv.Finish(t, c); r.Status != statusMisused || r.Stdout != "" || !strings.HasPrefix(r.Stderr, "urun-image is started by urun, for images") {
			t.Errorf("%q: status %d\n%s%s", args, r.Status, r.Stdout, r.Stderr)
		}
	}
	if r := testenv.Finish(t, exec.Command(dir+"/urun-image", "--version")); r.Status != 0 || !strings.HasPrefix(r.Stdout, "urun-image ") {
		t.Errorf("--version: status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}
