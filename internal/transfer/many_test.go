package transfer

import (
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
)

// Twenty processes that pull the same image at once fetch each blob once, and unpack each layer once.
func TestTwentyPullsAtOnce(t *testing.T) {
	mappings(t, func(t *testing.T, r image.Request) {
		s := registry.New(t)
		img := images.Many(12)
		r.Sources = []string{s.Image(t, "a/b:1", img.Build(t))}
		type end struct {
			a    image.Answer
			said string
			ok   bool
		}
		ends := make(chan end, 20)
		for range 20 {
			h := start(t, r)
			go func() {
				a, ok := h.wait()
				ends <- end{a, h.said.String(), ok}
			}()
		}
		fetched := 0
		for range 20 {
			e := <-ends
			if !e.ok || e.a.Error != "" || len(e.a.Images) != 1 {
				t.Errorf("%+v\n%s", e.a, e.said)
				continue
			}
			if e.a.Images[0].Fetched {
				fetched++
			}
		}
		blobs := map[string]int{}
		for _, q := range s.Requests() {
			if i := strings.Index(q.Path, "/blobs/"); i > 0 && q.Method == "GET" {
				blobs[q.Path[i:]]++
			}
		}
		for blob, n := range blobs {
			if n != 1 {
				t.Errorf("%s was fetched %d times", blob, n)
			}
		}
		if len(blobs) != 13 {
			t.Errorf("%d blobs were fetched", len(blobs))
		}
		record := checkStore(t, r, r.Sources[0], map[string]string{"top": "11", "layer/0": "0"})
		if record.Size() == 0 {
			t.Error("who came late does not know how large the layers are")
		}
		checkClean(t, r)
	})
}
