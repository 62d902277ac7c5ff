package registry

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// note is what the answers to a try said beside what becomes an error on its way up: ggcr's errors have no headers.
type note struct{ after atomic.Int64 }

type noteKey struct{}

func withNote(ctx context.Context) (context.Context, *note) {
	n := &note{}
	return context.WithValue(ctx, noteKey{}, n), n
}

// noteOf is that of a request's context; one that nobody reads where there is none.
func noteOf(ctx context.Context) *note {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n
	}
	return &note{}
}

func (n *note) read(r *http.Response) {
	if r.StatusCode >= 400 {
		n.after.Store(int64(retryAfter(r.Header.Get("Retry-After"), time.Now())))
	}
}

func (n *note) wished() time.Duration { return time.Duration(n.after.Load()) }

// retryAfter reads seconds or a date (RFC 9110, 10.2.3). What it cannot read is nothing.
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
