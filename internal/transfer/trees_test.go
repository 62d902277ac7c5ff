package transfer

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// keepID is what a container with --userns keep-id has, in which 0 is a subordinate id.
func keepID(t *testing.T, r *image.Request) {
	t.Helper()
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	c, err := userns.Choose(userns.Wish{Mode: userns.KeepID}, callerids.For(userns.KeepID))
	must(t, err)
	r.UIDs, r.GIDs = c.UIDs, c.GIDs
}

// owner is who a file of an image belongs to on the host, as far as the caller can see it.
func owner(t *testing.T, r image.Request, path string) int {
	t.Helper()
	task := newTask(r, nil, nil, nil)
	record, err := task.store.Read(r.Manifest)
	must(t, err)
	to, err := task.target()
	must(t, err)
	var st unix.Stat_t
	must(t, unix.Lstat(task.store.Tree(record.Trees(to.owners)[0])+path, &st))
	return int(st.Uid)
}

func TestTreesForOtherIDsAreMadeFromTheBlobs(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	// The root directory cannot be written, and belongs to someone else with keep-id: it is moved all the same.
	i := images.Owners()
	i.Layers[0] = append(images.Layer{images.Dir(".").Moded(0o555)}, i.Layers[0]...)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{s.Image(t, "a/b:1", i.Build(t))}}
	a, said, err := ask(t, r)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	r.Do, r.Manifest = "unpack", a.Images[0].Manifest
	keepID(t, &r)
	s.Forget()
	for n := range 2 {
		if a, said, err := ask(t, r); err != nil || len(a.Images) != 1 || a.Images[0].Fetched || len(s.Requests()) > 0 {
			t.Fatalf("time %d: %+v, %v\n%s", n, a, err, said)
		}
	}
	checkStore(t, r, r.Sources[0], map[string]string{"home/file": "mine"})
	for path, id := range map[string]uint32{"": 0, "/zero": 0, "/daemon": 1, "/tmp": 0} {
		want, _ := userns.ToHost(r.UIDs, id)
		if got := owner(t, r, path); got != int(want) {
			t.Errorf("%q belongs to %d and not %d", path, got, want)
		}
	}
	layers := listing(t, r.Store+"/images/layers")
	if len(layers) != 2 {
		t.Errorf("layers/ has %v", layers)
	}
	checkClean(t, r)
}

func TestAPrunedBlobIsFetchedAgain(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	img := images.Many(3).Build(t)
	word := s.Image(t, "a/b:1", img)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{word}}
	a, said, err := ask(t, r)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	store := image.Store{Dir: r.Store}
	record, err := store.Read(a.Images[0].Manifest)
	must(t, err)
	must(t, os.Remove(store.Blob(record.Layers[1].Blob)))
	s.Image(t, "a/b:1", images.Many(4).Build(t)) // the tag is another image's by now
	r.Do, r.Manifest = "unpack", a.Images[0].Manifest
	keepID(t, &r)
	s.Forget()
	if a, said, err := ask(t, r); err != nil || !a.Images[0].Fetched || s.Count("GET", "/blobs/") != 1 {
		t.Fatalf("%+v, %v, %d requests\n%s", a, err, s.Count("GET", "/blobs/"), said)
	}
	checkStore(t, r, word, map[string]string{"top": "2"})
	must(t, store.Untag(word))
	must(t, os.Remove(store.Blob(record.Layers[1].Blob)))
	to, err := newTask(r, nil, nil, nil).target()
	must(t, err)
	must(t, inside.Remove(r.Store+"/images/layers", to.choice))
	_, _, err = ask(t, r)
	if err == nil || !strings.Contains(err.Error(), "no name by which") || strings.HasPrefix(err.Error(), "unpack") {
		t.Errorf("without a name: %v", err) // who asked says what it is about
	}
	r.Manifest = digestA
	if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "there is no image "+digestA) {
		t.Errorf("an image that is not there: %v", err)
	}
}
