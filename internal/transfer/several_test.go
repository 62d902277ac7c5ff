package transfer

import (
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/registry"
)

// One that cannot be had is no reason to leave out the next, and what is wrong with each is one line in all.
func TestWhatCanBePulledIsPulled(t *testing.T) {
	s := registry.New(t)
	there, first, last := s.Image(t, "there:1", images.One().Build(t)), s.Host+"/absent:1", s.Host+"/absent:2"
	a, _, err := ask(t, image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{first, there, last}})
	if len(a.Images) != 1 || a.Images[0].Name != there {
		t.Errorf("done is %+v", a.Images)
	}
	if err == nil || strings.Contains(err.Error(), "\n") || !inOrder(err.Error(), first, "; ", last) {
		t.Errorf("error %v", err)
	}
}

// inOrder tells whether the text has these parts one after the other.
func inOrder(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool {
		_, rest, found := strings.Cut(text, p)
		text = rest
		return !found
	})
}
