package image

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLayersGoWithTheLastImageThatHasThem(t *testing.T) {
	s := newStore(t)
	one, two := made("one", "shared", "a"), made("two", "shared", "b")
	put(t, s, one, "localhost/one:1")
	put(t, s, two, "localhost/two:1")
	done, err := s.RemoveNamed("localhost/one:1", false, removeAllFiles)
	if err != nil || done.ID != one.ID || !reflect.DeepEqual(done.Names, []string{"localhost/one:1"}) || done.Bytes <= 0 || done.Left {
		t.Errorf("%+v, %v", done, err)
	}
	if s.Missing(two, owners()) != nil || !exists(s.Blob(two.Layers[0].Blob)) || !exists(s.Blob(two.Manifest)) || !exists(s.Blob(Digest("sha256:"+two.ID))) {
		t.Error("something of the other one is gone")
	}
	for _, path := range []string{s.Tree(one.Layers[1].Tree(owners())), s.Blob(one.Layers[1].Blob), s.Blob(one.Manifest), s.Blob(Digest("sha256:" + one.ID)), s.Record(one.Manifest)} {
		if exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	_, err = s.Remove(two, removeAllFiles)
	must(t, err)
	isEmpty(t, s)
	var missing *NotFoundError
	if _, err := s.Remove(two, removeAllFiles); !errors.As(err, &missing) {
		t.Errorf("remove again: %v", err)
	}
}

// isEmpty fails the test if there is anything of an image.
func isEmpty(t *testing.T, s Store) {
	t.Helper()
	for _, dir := range []string{"names", "records", "layers", "blobs/sha256", "tmp", "partial"} {
		if entries, err := os.ReadDir(s.images(dir)); err != nil || len(entries) > 0 {
			t.Errorf("%s has %v: %v", dir, entries, err)
		}
	}
}

func TestANameOfSeveralIsTakenAway(t *testing.T) {
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1", "localhost/x:2", "localhost/x:3")
	done, err := s.RemoveNamed("localhost/x:2", false, removeAllFiles)
	if err != nil || done.ID != "" || !reflect.DeepEqual(done.Names, []string{"localhost/x:2"}) {
		t.Errorf("%+v, %v", done, err)
	}
	if _, _, err := s.Find("localhost/x:1"); err != nil || s.Missing(r, owners()) != nil {
		t.Error(err)
	}
	if _, err := s.RemoveNamed(r.ID[:12], false, removeAllFiles); err == nil || !strings.Contains(err.Error(), "localhost/x:1, localhost/x:3") || !strings.Contains(err.Error(), "--force") {
		t.Errorf("by its id: %v", err)
	}
	done, err = s.RemoveNamed(r.ID[:12], true, removeAllFiles)
	if err != nil || done.ID != r.ID || len(done.Names) != 2 {
		t.Errorf("by its id, by force: %+v, %v", done, err)
	}
	isEmpty(t, s)
}

func TestAnImageInUseStays(t *testing.T) {
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1")
	first, err := s.Use(r)
	must(t, err)
	second, err := s.Use(r) // it is shared
	must(t, err)
	must(t, first.Close())
	for range 2 {
		var inUse *InUseError
		if _, err := s.RemoveNamed("localhost/x:1", true, removeAllFiles); !errors.As(err, &inUse) || !strings.Contains(err.Error(), "localhost/x:1 is in use") {
			t.Errorf("remove: %v", err)
		}
		p, err := s.Prune(PruneOptions{All: true}, removeAllFiles)
		if err != nil || len(p.InUse) != 1 || len(p.Images) != 0 || p.Layers+p.Blobs != 0 {
			t.Errorf("prune: %+v, %v", p, err)
		}
	}
	if _, _, err := s.Find("localhost/x:1"); err != nil || s.Missing(r, owners()) != nil {
		t.Error(err)
	}
	must(t, second.Close())
	if p, err := s.Prune(PruneOptions{All: true}, removeAllFiles); err != nil || len(p.Images) != 1 {
		t.Errorf("prune: %+v, %v", p, err)
	}
	var missing *NotFoundError
	if _, err := s.Use(r); !errors.As(err, &missing) {
		t.Errorf("use: %v", err)
	}
	isEmpty(t, s)
}

// Who fetches has seen layers that no record names yet; and nobody waits for a fetch to remove an image.
func TestLayersStayWhileSomebodyFetches(t *testing.T) {
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1")
	at, err := s.Share(context.Background())
	must(t, err)
	fresh := made("fresh") // it has its record, and is about to get its name
	put(t, s, fresh)
	done, err := s.Remove(r, removeAllFiles)
	if err != nil || !done.Left || done.ID != r.ID {
		t.Errorf("%+v, %v", done, err)
	}
	if p, err := s.Prune(PruneOptions{}, removeAllFiles); err != nil || !p.Busy {
		t.Errorf("%+v, %v", p, err)
	}
	if exists(s.Record(r.Manifest)) || s.Missing(r, owners()) != nil || !exists(s.Blob(r.Layers[0].Blob)) {
		t.Error("the record has stayed, or the layers have not")
	}
	must(t, s.Tag("localhost/fresh:1", fresh.Manifest, ""))
	if _, err := s.forget(fresh, true); !errors.Is(err, errNamed) || !exists(s.Record(fresh.Manifest)) {
		t.Errorf("it got its name meanwhile: %v", err)
	}
	must(t, s.Untag("localhost/fresh:1"))
	must(t, at.Close())
	if p, err := s.Prune(PruneOptions{}, removeAllFiles); err != nil || p.Busy || p.Layers != 1 || p.Blobs != 5 || len(p.Images) != 1 || p.Bytes <= 0 {
		t.Errorf("%+v, %v", p, err)
	}
	isEmpty(t, s)
}

// What could not be deleted is not found any more, and goes the next time.
func TestALayerThatCannotBeDeletedIsTriedAgain(t *testing.T) {
	s := newStore(t)
	r := made("x", "a", "b")
	put(t, s, r, "localhost/x:1")
	no := errors.New("no")
	var asked []string
	_, err := s.Remove(r, func(paths []string) error { asked = paths; return no })
	if !errors.Is(err, no) || len(asked) != 2 || s.Missing(r, owners()) == nil {
		t.Errorf("%v, asked for %v", err, asked)
	}
	put(t, s, r, "localhost/x:1") // pulled again, it is whole
	if s.Missing(r, owners()) != nil {
		t.Error("layers are missing")
	}
	put(t, s, made("y", "c"))
	_, err = s.Remove(made("y", "c"), removeAllFiles)
	must(t, err)
	if n := count(t, s.images("layers")); n != 2 || s.Missing(r, owners()) != nil {
		t.Errorf("%d layers", n)
	}
}

func TestPruneTakesWhatTheDeadHaveLeft(t *testing.T) {
	s := newStore(t)
	named, dangling, old := made("named", "a"), made("dangling", "b"), made("old", "a", "c")
	put(t, s, named, "localhost/n:1")
	put(t, s, dangling)
	put(t, s, old, "localhost/o:1")
	must(t, s.Untag("localhost/o:1"))
	alive, err := s.NewTmp()
	must(t, err)
	dead, err := s.NewTmp()
	must(t, err)
	must(t, dead.Leave())
	running, err := s.NewContainer("running")
	must(t, err)
	ended, err := s.NewContainer("ended")
	must(t, err)
	must(t, ended.Leave())
	fetching, err := s.OpenPartial(context.Background(), digestOf("fetching"))
	must(t, err)
	broken, err := s.OpenPartial(context.Background(), digestOf("broken"))
	must(t, err)
	must(t, broken.Close())
	unpacking, err := s.LockTree(context.Background(), "key")
	must(t, err)
	unpacked, err := s.LockTree(context.Background(), "other")
	must(t, err)
	must(t, unpacked.Close())
	must(t, os.Symlink("/etc/passwd", s.Tmp()+"/link"))
	must(t, unix.Mkfifo(s.Tmp()+"/fifo", 0o600))

	p, err := s.Prune(PruneOptions{}, removeAllFiles)
	if err != nil || len(p.Images) != 2 || p.Layers != 2 || p.Blobs != 6 || p.Tmp != 1 || p.Containers != 1 || p.Partial != 1 || p.Bytes <= 0 || p.Busy || len(p.Passed) > 0 {
		t.Errorf("%+v, %v", p, err)
	}
	for path, want := range map[string]bool{
		alive.Path: true, dead.Path: false, running.Path: true, s.Containers() + "/ended": false, fetching.Name(): true, broken.Name(): false,
		s.Tmp() + "/key.lock": true, s.Tmp() + "/other.lock": false, s.Tmp() + "/link": false, s.Tmp() + "/fifo": false, "/etc/passwd": true,
	} {
		if exists(path) != want {
			t.Errorf("%s is there: %v", path, !want)
		}
	}
	if _, r, err := s.Find("localhost/n:1"); err != nil || s.Missing(r, owners()) != nil {
		t.Error(err)
	}
	must(t, errors.Join(alive.Close(), running.Close(), fetching.Close(), unpacking.Close()))
	if exists(alive.Path) || exists(running.Path) {
		t.Error("what was made and not moved away is left")
	}
}

func TestPruneTakesMoreWhenAsked(t *testing.T) {
	s := newStore(t)
	keep, other, flattened := made("keep", "a"), made("other", "b"), made("flat", "c", "d")
	flattened.Flat = true
	put(t, s, keep, "localhost/k:1")
	put(t, s, other, "localhost/o:1")
	put(t, s, flattened, "localhost/f:1")
	p, err := s.Prune(PruneOptions{Blobs: true}, removeAllFiles)
	if err != nil || p.Blobs != 4 || p.Layers != 0 || len(p.Images) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, r := range []Record{keep, other, flattened} {
		if s.Missing(r, owners()) != nil || exists(s.Blob(r.Layers[0].Blob)) || !exists(s.Blob(r.Manifest)) || !exists(s.Blob(Digest("sha256:"+r.ID))) {
			t.Errorf("%s cannot run, or has its blobs", r.ID)
		}
	}
	use, err := s.Use(keep)
	must(t, err)
	defer use.Close()
	p, err = s.Prune(PruneOptions{All: true}, removeAllFiles)
	if err != nil || len(p.Images) != 2 || len(p.InUse) != 1 || p.Layers != 2 || len(p.Images[0].Names) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, _, err := s.Find("localhost/k:1"); err != nil {
		t.Error(err)
	}
}
