package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// wire is the lowest layer of a client: one request, as often as it is told to. It refuses plain HTTP where that is not meant,
// ends connections on which nothing comes, and notes when a server wants to be asked again.
type wire struct {
	inner http.RoundTripper
	plain func(host string) bool // whether plain HTTP may be spoken with a host
	stall time.Duration
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !w.plain(r.URL.Host) {
		return nil, fmt.Errorf("%w: %s", errPlainHTTP, r.URL.Host)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	guard := &watch{after: w.stall, ctx: ctx, cancel: cancel}
	guard.timer = time.AfterFunc(w.stall, func() { cancel(fmt.Errorf("%w (%v)", errStalled, w.stall)) })
	out := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		out.Body = &sending{r.Body, guard}
	}
	answer, err := w.inner.RoundTrip(out)
	guard.timer.Stop()
	if err != nil {
		err = guard.cause(err)
		cancel(nil)
		return nil, err
	}
	noteOf(r.Context()).read(answer)
	answer.Body = &receiving{answer.Body, guard}
	return answer, nil
}

// watch cancels a request when nothing moves.
type watch struct {
	timer  *time.Timer
	after  time.Duration
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// cause gives the stall in the place of what it made of the connection.
func (w *watch) cause(err error) error {
	if cause := context.Cause(w.ctx); err != nil && errors.Is(cause, errStalled) {
		return cause
	}
	return err
}

// receiving is a body that comes. Time counts while it is read only: who reads may take its time.
type receiving struct {
	io.ReadCloser
	*watch
}

func (r *receiving) Read(b []byte) (int, error) {
	r.timer.Reset(r.after)
	n, err := r.ReadCloser.Read(b)
	r.timer.Stop()
	if err != nil && err != io.EOF {
		err = r.cause(err)
	}
	return n, err
}

func (r *receiving) Close() error {
	r.timer.Stop()
	err := r.ReadCloser.Close()
	r.cancel(nil)
	return err
}

// sending is a body that is sent: each read of it is a sign that what came before has gone. When it is out, a registry
// may take its time to look at all of it.
type sending struct {
	io.ReadCloser
	*watch
}

func (s *sending) Read(b []byte) (int, error) {
	s.timer.Reset(s.after)
	n, err := s.ReadCloser.Read(b)
	if err == io.EOF {
		s.timer.Reset(10 * s.after)
	}
	return n, err
}
