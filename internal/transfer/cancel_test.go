package transfer

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// When urun ends, so does what it has asked for; what was fetched stays for the next time, which asks for the rest alone.
func TestAPullThatIsCalledOffIsResumed(t *testing.T) {
	testenv.Unprivileged(t)
	s := registry.New(t)
	r := image.Request{Do: "pull", Store: newStore(t).Dir, Sources: []string{s.Image(t, "a/b:1", big().Build(t))}}
	ctx, cancel := context.WithCancelCause(t.Context())
	off := errors.New("called off")
	s.Fail(registry.Rule{Path: "/blobs/", After: 1, Times: 1, Do: func(w http.ResponseWriter, q *http.Request, next http.Handler) {
		registry.Truncate(1<<19)(w, q, next)
	}})
	s.Fail(registry.Rule{Path: "/blobs/", After: 1, Times: 1, Do: func(w http.ResponseWriter, q *http.Request, _ http.Handler) {
		cancel(off)
		<-q.Context().Done() // it hangs up
	}})
	if _, _, err := askUntil(t, ctx, r); err != off {
		t.Errorf("it ended with %v", err)
	}
	left := inventory(t, image.Store{Dir: r.Store})
	if slices.ContainsFunc(left, func(s string) bool { return strings.HasPrefix(s, "tmp/") }) || !slices.ContainsFunc(left, func(s string) bool { return strings.HasPrefix(s, "partial/") }) {
		t.Errorf("left: %v", left)
	}
	s.Forget()
	if _, said, err := ask(t, r); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	var ranges []string
	for _, q := range s.Requests() {
		if strings.Contains(q.Path, "/blobs/") {
			ranges = append(ranges, q.Range)
		}
	}
	if len(ranges) != 1 || !strings.HasPrefix(ranges[0], "bytes=524288-") {
		t.Errorf("asked for %q", ranges)
	}
	checkClean(t, r)
}
