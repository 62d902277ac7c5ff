package image

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What stands in the store may be torn by a loss of power, edited by hand, or not the store's at all.
func TestWhatIsNotWholeIsPassedOver(t *testing.T) {
	s := newStore(t)
	good, torn, lying := made("good", "a"), made("torn", "b"), made("lying", "c")
	put(t, s, good, "localhost/good:1")
	put(t, s, torn, "localhost/torn:1")
	put(t, s, lying, "localhost/lying:1")
	put(t, s, made("swapped"), "localhost/swapped:1")
	put(t, s, made("gone"), "localhost/gone:1")
	must(t, os.Truncate(filepath.Join(s.Record(torn.Manifest), "record.json"), 10))
	lying.Layers[0].Chain = "sha256:../../../../etc/passwd0000000000000000000000000000000000000"
	text, err := json.Marshal(lying)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(s.Record(lying.Manifest), "record.json"), text, 0o600))
	text, err = os.ReadFile(filepath.Join(s.Record(good.Manifest), "record.json"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(s.Record(made("swapped").Manifest), "record.json"), text, 0o600))
	must(t, os.RemoveAll(s.Record(made("gone").Manifest)))

	names := s.images("names")
	must(t, os.WriteFile(filepath.Join(names, nameFile("empty")), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(names, nameFile("null")), []byte("null"), 0o600))
	must(t, os.WriteFile(filepath.Join(names, nameFile("path")), []byte(`{"name":"path","manifest":"sha256:../../x"}`), 0o600))
	must(t, os.WriteFile(filepath.Join(names, nameFile("other")), []byte(`{"name":"localhost/good:1","manifest":"`+string(good.Manifest)+`"}`), 0o600))
	must(t, os.WriteFile(filepath.Join(names, "README"), []byte("mine"), 0o600))
	must(t, os.MkdirAll(filepath.Join(names, nameFile("directory"), "mine"), 0o700))
	must(t, os.Symlink("/etc/passwd", filepath.Join(names, nameFile("link"))))
	must(t, unix.Mkfifo(filepath.Join(names, nameFile("fifo")), 0o600))
	must(t, os.Mkdir(filepath.Join(s.images("records"), "mine"), 0o700))
	must(t, os.Mkdir(filepath.Join(s.images("layers"), "mine"), 0o700))
	must(t, os.WriteFile(filepath.Join(s.images("blobs", "sha256"), "mine"), nil, 0o600))

	all, passed, err := s.List()
	if err != nil || len(all) != 1 || all[0].ID != good.ID || len(passed) != 12 {
		t.Errorf("%d images, %v\n%v", len(all), err, errors.Join(passed...))
	}
	for _, name := range []string{"torn", "lying", "swapped", "gone"} {
		var missing *NotFoundError
		if _, _, err := s.Find("localhost/" + name + ":1"); !errors.As(err, &missing) || missing.Because == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Find(good.ID); err != nil {
		t.Error(err)
	}
	p, err := s.Prune(PruneOptions{}, removeAllFiles)
	if err != nil || len(p.Passed) != 14 || !strings.Contains(strings.Join(p.Passed, "\n"), nameFile("directory")+": no file of the store; it stays: ") {
		t.Errorf("%v\n%s", err, strings.Join(p.Passed, "\n"))
	}
	if count(t, names) != 3 || count(t, s.images("records")) != 2 {
		t.Errorf("%d names and %d records are left", count(t, names), count(t, s.images("records")))
	}
	for _, mine := range []string{"names/README", "names/" + nameFile("directory") + "/mine", "records/mine", "layers/mine", "blobs/sha256/mine"} {
		if !exists(s.images(mine)) {
			t.Errorf("%s is gone", mine)
		}
	}
	if _, r, err := s.Find("localhost/good:1"); err != nil || s.Missing(r, owners()) != nil || !exists(s.Blob(r.Layers[0].Blob)) {
		t.Errorf("the good one: %v", err)
	}
}

// Nor goes what a container uses because its record was spoilt meanwhile.
func TestASpoiltRecordInUseKeepsItsLayers(t *testing.T) {
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1")
	use, err := s.Use(r)
	must(t, err)
	must(t, os.Truncate(filepath.Join(s.Record(r.Manifest), "record.json"), 10))
	if p, err := s.Prune(PruneOptions{All: true}, removeAllFiles); err == nil || !exists(s.Record(r.Manifest)) || s.Missing(r, owners()) != nil {
		t.Errorf("%+v, %v", p, err)
	}
	must(t, use.Close())
	if p, err := s.Prune(PruneOptions{}, removeAllFiles); err != nil || len(p.Passed) != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	isEmpty(t, s)
}

// Else the layers of an image whose record cannot be read for want of descriptors would go.
func TestWantOfDescriptorsRemovesNothing(t *testing.T) {
	s := newStore(t)
	put(t, s, made("x", "a"), "localhost/x:1")
	if os.Getuid() == 0 {
		t.Log("root may read everything")
		return
	}
	record := filepath.Join(s.Record(made("x").Manifest), "record.json")
	must(t, os.Chmod(record, 0))
	if p, err := s.Prune(PruneOptions{All: true}, removeAllFiles); err == nil || p.Layers > 0 || p.Blobs > 0 {
		t.Errorf("%+v, %v", p, err)
	}
	must(t, os.Chmod(record, 0o600))
	if _, r, err := s.Find("localhost/x:1"); err != nil || s.Missing(r, owners()) != nil {
		t.Error(err)
	}
}

func TestRecordsAreLookedAtBeforeTheyAreUsed(t *testing.T) {
	for name, spoil := range map[string]func(*Record){
		"manifest": func(r *Record) { r.Manifest = "sha256:x" },
		"id":       func(r *Record) { r.ID = "../x" },
		"blob":     func(r *Record) { r.Layers[0].Blob = "" },
		"diff id":  func(r *Record) { r.Layers[0].DiffID = "sha256:" },
		"chain":    func(r *Record) { r.Layers[0].Chain = "x" },
		"size":     func(r *Record) { r.Layers[0].Size = -1 },
		"packed":   func(r *Record) { r.Layers[0].Packed = -1 },
		"zero":     func(r *Record) { r.Config.Env = []string{"A=\x00"} },
	} {
		r := made("x", "a")
		spoil(&r)
		s := newStore(t)
		if err := s.Save(r, nil, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
		if count(t, s.images("records"))+count(t, s.Tmp()) > 0 {
			t.Errorf("%s: something is left", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	text, err := json.Marshal(made("x", "a", "b"))
	must(f, err)
	f.Add(text, []byte(`{"name":"a","manifest":"`+someDigest+`","pulled":"2026-01-01T00:00:00Z"}`))
	s := Store{filepath.Join(f.TempDir(), "urun")}
	must(f, s.Make())
	m := made("x").Manifest
	must(f, os.MkdirAll(s.Record(m), 0o700))
	f.Fuzz(func(t *testing.T, record, entry []byte) {
		must(t, os.WriteFile(filepath.Join(s.Record(m), "record.json"), record, 0o600))
		must(t, os.WriteFile(filepath.Join(s.images("names"), nameFile("a")), entry, 0o600))
		r, err := s.Read(m)
		if err == nil {
			for _, key := range r.Trees(owners()) {
				if chain, ok := treeChain(key); !ok || strings.ContainsAny(chain, "/.") {
					t.Errorf("the tree %q", key)
				}
			}
			s.Missing(r, owners())
		} else if r.ID != "" {
			t.Errorf("%+v beside %v", r, err)
		}
		if _, _, err := s.List(); err != nil {
			t.Error(err)
		}
	})
}
