package transfer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// pulled is the request for a copy of an image that is in the store, for the ids of r.
func pulled(t *testing.T, r image.Request, word string) image.Request {
	t.Helper()
	r.Sources = []string{word}
	a, said, err := ask(t, r)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	r.Do, r.Manifest = "unpack", a.Images[0].Manifest
	to, err := newTask(r, nil, nil, nil).target()
	must(t, err)
	r.UIDs, r.GIDs = to.uids, to.gids
	return r
}

func TestACopyForOneContainer(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		word := s.Image(t, "a/b:1", images.Whiteouts().Build(t))
		r = pulled(t, r, word)
		store := image.Store{Dir: r.Store}
		before := inventory(t, store)
		made, err := store.NewContainer("a")
		must(t, err)
		r.Into = made.Path
		record, err := store.Read(r.Manifest)
		must(t, err)
		must(t, os.Remove(store.Blob(record.Layers[0].Blob))) // as pruned
		if a, said, err := ask(t, r); err != nil || !a.Images[0].Fetched {
			t.Fatalf("%+v, %v\n%s", a, err, said)
		}
		for path, want := range map[string]string{"kept": "kept", "gone": "", "dir/new": "new", "dir/gone": "", "emptied/old": "", "emptied/new": "new", "replaced/now": "now", "whole/file": ""} {
			if got, _ := os.ReadFile(filepath.Join(r.Into, "root", path)); string(got) != want {
				t.Errorf("%s is %q, and not %q", path, got, want)
			}
		}
		if after := inventory(t, store); strings.Join(before, " ") != strings.Join(after, " ") {
			t.Errorf("the store had %v and has %v", before, after)
		}
		if record, err = store.Read(r.Manifest); err != nil || record.Flat {
			t.Errorf("the record is %+v, %v", record, err)
		}
		if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "file exists") {
			t.Errorf("over another one: %v", err)
		}
		must(t, made.Leave())
		prune(t, r)
		if left := listing(t, store.Containers()); len(left) > 0 {
			t.Errorf("left in containers/: %v", left)
		}
	})
}

func TestACopyIsMadeForAContainerAlone(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	r := pulled(t, image.Request{Do: "pull", Store: newStore(t).Dir}, s.Image(t, "a/b:1", images.One().Build(t)))
	containers := image.Store{Dir: r.Store}.Containers()
	outside := t.TempDir()
	must(t, os.Symlink(outside, containers+"/link"))
	must(t, os.MkdirAll(containers+"/a/b", 0o700))
	for _, into := range []string{outside, containers, containers + "/", containers + "/link", containers + "/none", containers + "/a/b", containers + "/../images", containers + "/a/../../images", "a"} {
		r.Into = into
		if _, _, err := ask(t, r); err == nil || !strings.Contains(err.Error(), "is not the directory of a container") {
			t.Errorf("%q: %v", into, err)
		}
	}
	if left := listing(t, outside); len(left) > 0 {
		t.Errorf("outside there is %v", left)
	}
}

// Whatever a killed one has left is in the directory of the container.
func TestAKilledCopyIsCollected(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	r := pulled(t, image.Request{Do: "pull", Store: newStore(t).Dir}, s.Image(t, "a/b:1", five().Build(t)))
	store := image.Store{Dir: r.Store}
	before, killed := inventory(t, store), 0
	for n := range 5 {
		made, err := store.NewContainer("a")
		must(t, err)
		r.Into = made.Path
		h := start(t, r)
		tree := filepath.Join(r.Into, "root", "layer", string(rune('0'+n)))
		for unix.Access(tree, unix.F_OK) != nil && h.cmd.ProcessState == nil {
			if unix.Kill(h.cmd.Process.Pid, 0) != nil || answered(h) {
				break
			}
		}
		h.kill()
		if _, ok := h.wait(); !ok {
			killed++
		}
		must(t, made.Leave())
		prune(t, r)
		if after := inventory(t, store); strings.Join(before, " ") != strings.Join(after, " ") {
			t.Errorf("the store had %v and has %v", before, after)
		}
		if left := listing(t, store.Containers()); len(left) > 0 {
			t.Errorf("left in containers/: %v", left)
		}
	}
	if killed < 2 {
		t.Errorf("killed %d times", killed)
	}
}

// answered tells whether there is something to be read of it, or nothing any more.
func answered(h *helper) bool {
	p := []unix.PollFd{{Fd: int32(h.socket.Fd()), Events: unix.POLLIN}}
	n, _ := unix.Poll(p, 0)
	return n > 0
}
