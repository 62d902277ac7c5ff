package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

// What passes is tried again, as often as it was said; what does not is not.
func TestWhatIsTriedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		fault fake.Fault
		again bool
	}{
		"408": {fault: fake.Status(408, ""), again: true}, "429": {fault: fake.Status(429, ""), again: true}, "500": {fault: fake.Status(500, ""), again: true},
		"502": {fault: fake.Status(502, ""), again: true}, "503": {fault: fake.Status(503, ""), again: true}, "504": {fault: fake.Status(504, ""), again: true},
		"reset": {fault: fake.Reset(10), again: true}, "truncated": {fault: fake.Truncate(20), again: true}, "longer": {fault: fake.Length(5), again: true},
		"no": {fault: fake.Answer("text/html", []byte("<html>"))}, "400": {fault: fake.Status(400, "")}, "401": {fault: fake.Status(401, "")}, "403": {fault: fake.Status(403, "")}, "404": {fault: fake.Status(404, "")},
		"501": {fault: fake.Status(501, "")}, "redirects": {fault: fake.Redirect("")},
	} {
		t.Run(name, func(t *testing.T) {
			server, img, u := stored(t)
			times := 0
			if tt.again {
				times = 3
			}
			server.Fail(fake.Rule{Path: "/manifests/", Times: times, Do: tt.fault})
			got, err := u.manifest(t)
			if tt.again && (err != nil || got != raw(t, img) || len(u.waits) != 3 || len(u.notices) != 3) {
				t.Errorf("%v after %v: %q", err, u.waits, u.notices)
			}
			if !tt.again && (err == nil || len(u.waits) > 0) {
				t.Errorf("%v after %v", err, u.waits)
			}
			for i, w := range u.waits {
				if about := time.Second << i; w < about*3/4 || w > about*5/4 {
					t.Errorf("wait %d was %v", i+1, w)
				}
			}
			server.Heal()
			server.Fail(fake.Rule{Path: "/manifests/", Do: tt.fault})
			u.waits = nil
			if _, err := u.manifest(t); err == nil || tt.again && (len(u.waits) != 3 || !Temporary(err)) {
				t.Errorf("for good: %v after %v", err, u.waits)
			}
			u.Retry.Times = -1
			u.waits = nil
			if _, err := u.manifest(t); err == nil || len(u.waits) != 0 {
				t.Errorf("never: %v after %v", err, u.waits)
			}
		})
	}
}

func TestRetryAfterIsHeeded(t *testing.T) {
	server, _, u := stored(t)
	server.Fail(fake.Rule{Path: "/manifests/", Times: 1, Do: fake.Status(429, "7")})
	server.Fail(fake.Rule{Path: "/manifests/", Times: 1, Do: fake.Status(503, time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat))})
	if _, err := u.manifest(t); err != nil || len(u.waits) != 2 {
		t.Fatalf("%v after %v", err, u.waits)
	}
	if w := u.waits[0]; w < 7*time.Second || w > 8*time.Second {
		t.Errorf("waited %v for 7 s", w)
	}
	if w := u.waits[1]; w < 10*time.Second || w > 22*time.Second {
		t.Errorf("waited %v for a date in 20 s", w)
	}
	server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Status(429, "3600")})
	u.waits = nil
	_, err := u.manifest(t)
	has(t, err, "429 Too Many Requests (toomanyrequests: so it was told)", "podman login "+server.Host, "left alone for 1h0m0s")
	if len(u.waits) > 0 {
		t.Errorf("waited %v", u.waits)
	}
}

func TestRetryAfterThatMeansNothing(t *testing.T) {
	for _, s := range []string{"", "-1", "soon", "1e9", "99999999999", "Mon, 02 Jan 2006 15:04:05 GMT"} {
		if d := retryAfter(s, time.Now()); d != 0 {
			t.Errorf("%q: %v", s, d)
		}
	}
}

// stalled is how long a server says nothing in tests: longer than a slow machine takes for what it does say.
const stalled = 2 * time.Second

// A server that says nothing any more is given up, wherever it stops.
func TestWhatStallsIsGivenUp(t *testing.T) {
	for _, n := range []int{-1, 0, 10} {
		t.Run(fmt.Sprint("a manifest after ", n), func(t *testing.T) {
			t.Parallel()
			server, img, u := stored(t)
			u.Stall = stalled
			server.Fail(fake.Rule{Path: "/manifests/", Times: 1, Do: server.Stall(n)})
			if got, err := u.manifest(t); err != nil || got != raw(t, img) || len(u.waits) != 1 {
				t.Errorf("%v, %v", err, u.waits)
			}
		})
	}
	t.Run("a blob", func(t *testing.T) {
		t.Parallel()
		server, _, u := stored(t)
		u.Stall = stalled
		d, size := firstBlob(t, u)
		server.Fail(fake.Rule{Path: "/blobs/", Do: server.Stall(10)})
		got, err := readAll(t, u.open(t), d, size, 0)
		if len(got) != 10 || !Temporary(err) || !errors.Is(err, errStalled) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		has(t, err, "get the blob "+d.Hex()[:12]+" from "+server.Host+": no byte came for too long (2s)")
	})
	t.Run("an upload", func(t *testing.T) {
		t.Parallel()
		server := fake.New(t)
		u := newUser(t, server.Host+"/a/b:1")
		u.Stall = stalled
		server.Fail(fake.Rule{Method: "POST", Times: 1, Do: server.Stall(-1)})
		if err := sent(t, u, makeImage(t), PushOptions{}); err != nil || len(u.waits) != 1 {
			t.Errorf("%v after %v: %q", err, u.waits, u.notices)
		}
	})
}

// What is slow is not stalled, nor is a reader that takes its time.
func TestWhatIsSlowIsWaitedFor(t *testing.T) {
	t.Run("the server", func(t *testing.T) {
		t.Parallel()
		server, _, u := stored(t)
		u.Stall = stalled
		d, size := firstBlob(t, u)
		server.Fail(fake.Rule{Path: "/blobs/", Do: fake.Slow(int(size)/5, stalled/4)})
		if got, err := readAll(t, u.open(t), d, size, 0); err != nil || int64(len(got)) != size {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("the reader", func(t *testing.T) {
		t.Parallel()
		server, _, u := stored(t)
		u.Stall = stalled
		content := make([]byte, 32<<20) // more than lies in buffers on the way
		d, size := image.Digest(server.Blob(t, "a/b", content)), int64(len(content))
		r, err := u.open(t).Blob(t.Context(), d, size, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.ReadFull(r, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(stalled * 3 / 2)
		if rest, err := io.ReadAll(r); err != nil || int64(len(rest)) != size-5 {
			t.Errorf("%d bytes, %v", len(rest), err)
		}
	})
}

func TestACallerThatGoesIsNotTriedAgain(t *testing.T) {
	server, _, u := stored(t)
	server.Fail(fake.Rule{Path: "/manifests/", Do: server.Stall(0)})
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("the user went")) })
	s := u.open(t)
	if _, _, err := s.Manifest(ctx); err == nil || err.Error() != "the user went" || len(u.waits) > 0 {
		t.Errorf("%v after %v", err, u.waits)
	}
}

// firstBlob is one of the image that the user wants.
func firstBlob(t *testing.T, u *user) (image.Digest, int64) {
	t.Helper()
	text, err := u.manifest(t)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(text, `"layers":[`)
	_, size, _ := strings.Cut(rest, `"size":`)
	size, _, _ = strings.Cut(size, ",")
	_, digest, _ := strings.Cut(rest, `"digest":"`)
	digest, _, _ = strings.Cut(digest, `"`)
	d, err := image.ParseDigest(digest)
	n, err2 := strconv.ParseInt(size, 10, 64)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return d, n
}
