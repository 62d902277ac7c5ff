package pull

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
)

// changing is eleven layers over busybox: each adds, and most hide or replace what another one has added.
func changing() (list []images.Layer) {
	for i := range 5 {
		n := fmt.Sprint("data/", i)
		list = append(list, images.Layer{
			images.Dir("data"), images.Dir(n), images.File(n+"/stays", n), images.File(n+"/goes", n), images.File(n+"/changes", n).Moded(0o600),
			images.Dir(n + "/dir"), images.File(n+"/dir/below", n), images.Dir(n + "/opaque"), images.File(n+"/opaque/old", n),
			images.Symlink(n+"/link", "stays"), images.Hardlink(n+"/hard", n+"/stays"), images.Dir(n + "/becomes-file"), images.File(n+"/becomes-file/x", n),
			images.File(n+"/becomes-dir", n), images.Symlink(n+"/becomes-real", "dir"), images.Dir(n + "/returns"), images.File(n+"/returns/old", n),
		})
	}
	for i := range 5 {
		n := fmt.Sprint("data/", i)
		list = append(list, images.Layer{
			images.Whiteout(n + "/goes"), images.File(n+"/changes", "changed").Moded(0o755), images.Whiteout(n + "/dir"),
			images.Opaque(n + "/opaque"), images.File(n+"/opaque/new", n), images.File(n+"/becomes-file", "file"),
			images.Dir(n + "/becomes-dir"), images.File(n+"/becomes-dir/x", n), images.Dir(n + "/becomes-real"), images.Whiteout(n + "/returns"), images.Whiteout(n + "/never-was"),
		})
	}
	last := images.Layer{images.Dir("data/0/dir"), images.File("data/0/dir/again", "again"), images.Dir("data/1/returns"), images.File("data/1/returns/new", "new"),
		images.Whiteout("data/2"), images.File("data/0/goes", "back"), images.Opaque("data/3"), images.File("data/3/only", "only"), images.Whiteout("bin/vi")}
	return append(list, last)
}

// What is hidden, replaced or back again in twelve layers is the same as where umoci unpacks, and where buildah, which keeps
// its layers as podman does, mounts.
func TestLayersHideWhatTheyShould(t *testing.T) {
	p := here(t, full)
	withBusybox(p, "changing", v1.Config{}, changing()...)
	ours := p.inside(nil, "sh", "-c", listing("/"))

	p.prints("one file", "sh", "-c", "test /data/0/hard -ef /data/0/stays && echo one file")

	layout := p.tools + "/layout-changing:1"
	p.tool("umoci", "unpack", "--rootless", "--image", layout, p.tools+"/bundle")
	compare(t, "umoci", ours, p.tool("sh", "-c", listing(p.tools+"/bundle/rootfs")))

	store := []string{"--root", p.tools + "/b", "--runroot", p.tools + "/rr", "--storage-driver", "overlay"}
	c := p.tool("buildah", append(slices.Clone(store), "from", "-q", "--tls-verify=false", p.ref("changing"))...)
	script := fmt.Sprintf(`m=$(buildah %s mount %s); %s`, strings.Join(store, " "), c, listing("$m"))
	compare(t, "buildah", ours, p.tool("buildah", "unshare", "sh", "-c", script))

	for _, gone := range []string{"data/0/becomes-file/x", "data/1/goes", "data/1/opaque/old", "data/2", "data/3/stays", "bin/vi"} {
		if strings.Contains(ours+"\n", " "+gone+" ") {
			t.Errorf("%s is there", gone)
		}
	}
	if !strings.Contains(ours, " data/0/goes ") || !strings.Contains(ours, " data/3/only ") {
		t.Errorf("what came last is missing:\n%s", ours)
	}
}

// listing is a script that prints what lies in data and bin of a directory: type and mode, path, and size and sum or target.
// Links are not counted: of a layer below, overlay shows also those that are hidden.
func listing(dir string) string {
	return `cd "` + dir + `" && { find data bin -type d -exec stat -c '%f - %n -' {} +; find data bin -type f -exec stat -c '%f - %n %s' {} +; ` +
		`find data bin -type l -exec sh -c 'for l; do echo "link - $l $(readlink "$l")"; done' - {} +; ` +
		`find data -type f -exec md5sum {} + | sed 's/^\([^ ]*\)  \(.*\)/sum - \2 \1/'; } | LC_ALL=C sort`
}

// compare says which lines differ.
func compare(t *testing.T, tool, ours, theirs string) {
	t.Helper()
	a, b := strings.Split(ours, "\n"), strings.Split(theirs, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			t.Errorf("%s has not %q", tool, line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			t.Errorf("only %s has %q", tool, line)
		}
	}
	if len(a) < 100 {
		t.Errorf("only %d lines were compared", len(a))
	}
}
