package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAnImageIsFoundByEveryNameItHas(t *testing.T) {
	s := newStore(t)
	alpine, debian, own := made("alpine", "a", "b"), made("debian", "c"), made("own", "a", "d")
	put(t, s, alpine, "docker.io/library/alpine:latest", "docker.io/library/alpine:3.20", "docker.io/library/alpine@"+someDigest)
	put(t, s, debian, "quay.io/debian:12", "docker.io/user/tool:v1")
	put(t, s, own, "localhost/alpine:own", "oci:/a/dir:tag", "tar:/a/f.tar")
	put(t, s, made("nameless", "e"))
	for word, want := range map[string]Record{
		"alpine":                            alpine,
		"alpine:3.20":                       alpine,
		"docker.io/alpine":                  alpine,
		"docker://alpine":                   alpine,
		"docker.io/library/alpine:latest":   alpine,
		"alpine@" + someDigest:              alpine,
		"alpine@" + string(alpine.Manifest): alpine, // that it has no such name does not matter: there is only one
		"alpine:own":                        own,
		"oci:/a/dir:tag":                    own,
		"tar:/a/f.tar":                      own,
		"user/tool:v1":                      debian,
		"debian:12":                         debian, // of another registry, when there is one
		debian.ID:                           debian,
		debian.ID[:3]:                       debian,
		"sha256:" + debian.ID:               debian,
		string(debian.Manifest):             debian,
		made("nameless").ID:                 made("nameless", "e"),
	} {
		e, r, err := s.Find(word)
		if err != nil || !reflect.DeepEqual(r, want) || e.Manifest != want.Manifest {
			t.Errorf("%s: %+v, %s and not %s: %v", word, e, r.ID, want.ID, err)
		}
	}
	for _, word := range []string{"alpine:3.19", "debian", "busybox", "localhost/alpine", "quay.io/alpine", someDigest, "oci:/a/dir", "fff", "de", "alpine@" + string(digestOf("x"))} {
		var missing *NotFoundError
		if _, _, err := s.Find(word); !errors.As(err, &missing) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
	if _, _, err := s.Find("Alpine"); err == nil || !strings.Contains(err.Error(), "lower case") {
		t.Errorf("Alpine: %v", err)
	}
}

// An image of one's own comes before one of Docker Hub, as with podman.
func TestLocalhostComesFirst(t *testing.T) {
	s := newStore(t)
	put(t, s, made("hub"), "docker.io/library/x:latest")
	put(t, s, made("own"), "localhost/x:latest")
	if e, _, err := s.Find("x"); err != nil || e.Name != "localhost/x:latest" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestWhatMayBeSeveralImagesIsSaid(t *testing.T) {
	s := newStore(t)
	put(t, s, made("one"), "quay.io/x:latest")
	put(t, s, made("two"), "ghcr.io/x:latest")
	if _, _, err := s.Find("x"); err == nil || !strings.Contains(err.Error(), "ghcr.io/x:latest") || !strings.Contains(err.Error(), "quay.io/x:latest") {
		t.Errorf("two names: %v", err)
	}
	three, four := made("three"), made("four")
	three.ID, four.ID = strings.Repeat("a", 64), strings.Repeat("a", 60)+"bbbb"
	put(t, s, three)
	put(t, s, four)
	if _, _, err := s.Find("aaaa"); err == nil || !strings.Contains(err.Error(), "write more of it") {
		t.Errorf("two ids: %v", err)
	}
	if _, r, err := s.Find(three.ID); err != nil || r.Manifest != three.Manifest {
		t.Errorf("a whole id: %v", err)
	}
	again := made("again")
	again.ID = three.ID // as the same configuration with layers that are compressed otherwise
	put(t, s, again)
	if _, r, err := s.Find(three.ID); err != nil || r.ID != three.ID {
		t.Errorf("one id of two manifests: %v", err)
	}
}

func TestAStoreThatIsNotThereIsEmpty(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "none")}
	var missing *NotFoundError
	for _, word := range []string{"alpine", "abcd", someDigest} {
		if _, _, err := s.Find(word); !errors.As(err, &missing) {
			t.Errorf("%s: %v", word, err)
		}
	}
	if all, passed, err := s.List(); len(all) != 0 || len(passed) != 0 || err != nil {
		t.Error(all, passed, err)
	}
	if p, err := s.Prune(PruneOptions{All: true}, removeAllFiles); err != nil || !reflect.DeepEqual(p, Pruned{}) {
		t.Error(p, err)
	}
	if _, err := s.Use(made("x")); !errors.As(err, &missing) {
		t.Error(err)
	}
	if exists(s.Dir) {
		t.Error("looking has made it")
	}
}

func TestTheListHasEveryImageOnce(t *testing.T) {
	s := newStore(t)
	put(t, s, made("old"), "localhost/a:1", "localhost/a:2")
	put(t, s, made("none"))
	put(t, s, made("new"), "localhost/b:1")
	all, passed, err := s.List()
	if err != nil || len(passed) > 0 || len(all) != 3 {
		t.Fatal(all, passed, err)
	}
	i := slices.IndexFunc(all, func(l Listed) bool { return l.ID == made("old").ID })
	j := slices.IndexFunc(all, func(l Listed) bool { return l.ID == made("new").ID })
	if j > i || len(all[i].Names) != 2 || all[i].Names[0].Name != "localhost/a:2" || all[i].Pulled.IsZero() || !all[i].Pulled.Equal(all[i].Names[0].Pulled) {
		t.Errorf("%+v", all)
	}
	for _, l := range all {
		if l.Pulled.IsZero() {
			t.Errorf("%+v has come at no time", l)
		}
	}
}

func TestANameIsOfOneImage(t *testing.T) {
	s := newStore(t)
	put(t, s, made("old"), "localhost/a:1")
	put(t, s, made("new"), "localhost/a:1")
	if _, r, err := s.Find("localhost/a:1"); err != nil || r.ID != made("new").ID {
		t.Error(r.ID, err)
	}
	var missing *NotFoundError
	if err := s.Tag("localhost/b:1", digestOf("nobody"), ""); !errors.As(err, &missing) || count(t, s.images("names")) != 1 {
		t.Errorf("a name of an image that is not there: %v", err)
	}
	must(t, s.Untag("localhost/a:1"))
	if err := s.Untag("localhost/a:1"); !errors.As(err, &missing) {
		t.Errorf("untag again: %v", err)
	}
	for _, bad := range []string{"", "a\nb", "a\x00b"} {
		if err := s.Tag(bad, made("new").Manifest, ""); err == nil {
			t.Errorf("%q is a name", bad)
		}
	}
	if err := s.Tag("localhost/c:1", "sha256:../../../x", ""); err == nil {
		t.Error("a path is a digest")
	}
	if n := count(t, s.Tmp()); n > 0 {
		t.Errorf("%d are left in tmp", n)
	}
}

// A container's user is looked up in the record's directory, and its lock is on it: neither may be another one after a second pull.
func TestASecondSaveKeepsTheDirectory(t *testing.T) {
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1")
	use, err := s.Use(r)
	must(t, err)
	defer use.Close()
	before, err := os.Stat(s.Record(r.Manifest))
	must(t, err)
	r.Layers[0].Size, r.Flat = 4711, true
	must(t, s.Save(r, nil, []byte("root:x:0:\n")))
	after, err := os.Stat(s.Record(r.Manifest))
	must(t, err)
	got, err := s.Read(r.Manifest)
	if !os.SameFile(before, after) || err != nil || got.Layers[0].Size != 4711 || !got.Flat {
		t.Errorf("%+v, %v", got, err)
	}
	if group, err := os.ReadFile(filepath.Join(s.Record(r.Manifest), "etc/group")); string(group) != "root:x:0:\n" || err != nil {
		t.Errorf("group %q, %v", group, err)
	}
	if _, err := os.Stat(filepath.Join(s.Record(r.Manifest), "etc/passwd")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the passwd that it has no more: %v", err)
	}
	var inUse *InUseError
	if _, err := s.Remove(r, removeAllFiles); !errors.As(err, &inUse) {
		t.Errorf("remove: %v", err)
	}
	if n := count(t, s.Tmp()); n > 0 {
		t.Errorf("%d are left in tmp", n)
	}
}

func TestMissingTreesAreTold(t *testing.T) {
	s := newStore(t)
	r := made("x", "a", "b", "c")
	if got := s.Missing(r, owners()); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of nothing %v are missing", got)
	}
	must(t, fill(s, r))
	if got := s.Missing(r, owners()); got != nil {
		t.Errorf("of all %v are missing", got)
	}
	must(t, os.RemoveAll(s.Tree(r.Layers[1].Tree(owners()))))
	if got := s.Missing(r, owners()); !slices.Equal(got, []int{1}) {
		t.Errorf("of two %v are missing", got)
	}
	r.Flat = true
	if got := s.Missing(r, owners()); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of a flat one that is not there %v are missing", got)
	}
	for _, flat := range []bool{false, true} {
		if got := s.Missing(Record{Flat: flat}, owners()); got != nil {
			t.Errorf("of no layers %v are missing", got)
		}
	}
}

func TestTheStoreIsTheCallersAlone(t *testing.T) {
	s := newStore(t)
	for _, dir := range []string{s.Dir, s.images(), s.Tmp(), s.images("layers"), s.Containers()} {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
	// As after a backup was restored.
	for _, dir := range []string{s.images(), s.Containers()} {
		must(t, os.Chmod(dir, 0o755))
	}
	must(t, s.Make())
	for _, dir := range []string{s.images(), s.Containers()} {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s, which others could enter: %v, %v", dir, info.Mode(), err)
		}
	}
	if err := (Store{"relative"}).Make(); err == nil {
		t.Error("a relative directory")
	}
	if os.Getuid() != 0 {
		if err := (Store{"/usr"}).Make(); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("/usr: %v", err)
		}
	}
}
