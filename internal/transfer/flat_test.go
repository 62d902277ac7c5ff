package transfer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// Where overlay's marks cannot be made, all layers become one tree: on ramfs, which has no extended attributes.
func TestOneTreeWhereThereCanBeNoMarks(t *testing.T) {
	const there = "URUN_TEST_TRANSFER_FLAT"
	if words := os.Getenv(there); words != "" {
		flatTree(t, strings.Fields(words))
		return
	}
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	s := registry.New(t)
	onDisk(t, "ramfs", "TestOneTreeWhereThereCanBeNoMarks", there+"="+s.Image(t, "a/b:1", images.Whiteouts().Build(t))+" "+s.Image(t, "a/c:1", images.Whiteouts().Build(t)))
}

func flatTree(t *testing.T, words []string) {
	r := image.Request{Do: "pull", Store: filepath.Join(os.Getenv(diskDir), "data")}
	for n, word := range words {
		r.Sources = words[n : n+1]
		a, said, err := ask(t, r)
		if err != nil || strings.Count(said, "one tree") != 1-n {
			t.Fatalf("%+v, %v\n%s", a, err, said)
		}
		record := checkStore(t, r, word, map[string]string{"kept": "kept", "gone": "", "dir/new": "new", "dir/gone": "", "emptied/old": "", "emptied/new": "new", "replaced/now": "now", "whole/file": ""})
		if trees := listing(t, r.Store+"/images/layers"); !record.Flat || record.Size() == 0 || !strings.HasPrefix(trees[len(trees)-1], "flat-") {
			t.Errorf("the record %+v, and %v", record, trees)
		}
	}
	prune(t, r)
	if trees := listing(t, r.Store+"/images/layers"); len(trees) != 1 {
		t.Errorf("layers/ has %v", trees)
	}
}
