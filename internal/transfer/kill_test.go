package transfer

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
)

// afterKills fails the test unless an image can be pulled into a store in which others were killed, and nothing of those is
// left then.
func afterKills(t *testing.T, r image.Request, clean []string) {
	t.Helper()
	if a, said, err := ask(t, r); err != nil {
		t.Fatalf("%+v, %v\n%s", a, err, said)
	}
	record := checkStore(t, r, r.Sources[0], map[string]string{"top": "4", "layer/0": "0", "layer/4": "4"})
	if record.Size() != 10 || !record.Layers[4].Owners {
		t.Errorf("its layers: %+v", record.Layers)
	}
	prune(t, r)
	if got := inventory(t, image.Store{Dir: r.Store}); !slices.Equal(got, clean) {
		t.Errorf("the store has\n%s\nand a clean one\n%s", strings.Join(got, "\n"), strings.Join(clean, "\n"))
	}
	if err := os.RemoveAll(filepath.Join(r.Store, "images/names")); err != nil {
		t.Fatal(err)
	}
	prune(t, r)
	if got := inventory(t, image.Store{Dir: r.Store}); len(got) > 0 {
		t.Errorf("without names the store has\n%s", strings.Join(got, "\n"))
	}
}

// five has five layers, whose directory belongs to a daemon, and only the first names it: the others imply it.
func five() images.Image {
	i := images.Many(5)
	for at := range i.Layers {
		i.Layers[at] = i.Layers[at][1:]
	}
	i.Layers[0] = append(images.Layer{images.Dir("layer").Owned(1, 1).Moded(0o711)}, i.Layers[0]...)
	return i
}

// clean is what a store has after one pull.
func clean(t *testing.T, r image.Request) []string {
	t.Helper()
	r.Store = newStore(t).Dir
	if _, said, err := ask(t, r); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return inventory(t, image.Store{Dir: r.Store})
}

func TestAKillAtEveryRequest(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		r.Sources = []string{s.Image(t, "a/b:1", five().Build(t))}
		want := clean(t, r)
		s.Forget()
		killed := 0
		for n := range 30 {
			prune(t, r)
			var h *helper
			begun := make(chan bool)
			s.Fail(registry.Rule{After: n, Times: 1, Do: func(w http.ResponseWriter, q *http.Request, next http.Handler) {
				<-begun
				h.kill()
				next.ServeHTTP(w, q)
			}})
			h = start(t, r)
			close(begun)
			if _, ok := h.wait(); ok {
				break
			}
			killed++
			s.Heal()
			afterKills(t, r, want)
		}
		if killed < 7 {
			t.Errorf("it was killed %d times", killed)
		}
	})
}

// events tells of each change in the directories of a store.
func events(t *testing.T, s image.Store, changed func()) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	must(t, err)
	f := os.NewFile(uintptr(fd), "inotify")
	for _, dir := range []string{"blobs/sha256", "partial", "names", "records", "layers", "tmp"} {
		_, err := unix.InotifyAddWatch(fd, filepath.Join(s.Dir, "images", dir), unix.IN_CREATE|unix.IN_MOVE|unix.IN_DELETE|unix.IN_MODIFY|unix.IN_CLOSE_WRITE)
		must(t, err)
	}
	stopped := make(chan bool)
	t.Cleanup(func() {
		// A read that waits is not ended by a close.
		_ = os.WriteFile(filepath.Join(s.Tmp(), "end"), nil, 0o600)
		<-stopped
		f.Close()
	})
	go func() {
		defer close(stopped)
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			if err != nil || strings.Contains(string(buf[:n]), "end\x00") {
				return
			}
			changed()
		}
	}()
}

func TestAKillAtEveryChangeOfTheStore(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		r.Sources = []string{s.Image(t, "a/b:1", five().Build(t))}
		want := clean(t, r)
		killed := 0
		for n := 1; n < 200; n += 1 + n/4 {
			finished := false
			t.Run("", func(t *testing.T) {
				r.Store = newStore(t).Dir
				must(t, image.Store{Dir: r.Store}.Make())
				var h *helper
				begun, seen := make(chan bool), 0
				events(t, image.Store{Dir: r.Store}, func() {
					<-begun
					if seen++; seen == n {
						h.kill()
					}
				})
				h = start(t, r)
				close(begun)
				_, finished = h.wait()
				if !finished {
					killed++
				}
				afterKills(t, r, want)
			})
			if finished {
				break
			}
		}
		t.Logf("killed %d times", killed)
		if killed < 5 {
			t.Errorf("it was killed %d times", killed)
		}
	})
}

func TestKillsAtRandom(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		r.Sources = []string{s.Image(t, "a/b:1", five().Build(t))}
		clean(t, r)
		began := time.Now()
		want := clean(t, r)
		takes := time.Since(began)
		killed := 0
		for range 8 {
			for range 3 { // each goes on where the last one ended
				h := start(t, r)
				time.Sleep(time.Duration(rand.Float64() * float64(takes)))
				h.kill()
				if _, ok := h.wait(); !ok {
					killed++
				}
			}
			afterKills(t, r, want)
		}
		t.Logf("killed %d times of 24, in %v", killed, takes)
		if killed < 5 {
			t.Errorf("it was killed %d times", killed)
		}
	})
}
