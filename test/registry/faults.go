package registry

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// Status answers with an error; after goes into Retry-After unless it is empty: seconds, or a date.
func Status(code int, after string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `{"errors":[{"code":"%s","message":"so it was told"}]}`, errorCode(code))
		}
	}
}

func errorCode(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "UNAUTHORIZED"
	case http.StatusForbidden:
		return "DENIED"
	case http.StatusNotFound:
		return "MANIFEST_UNKNOWN"
	case http.StatusTooManyRequests:
		return "TOOMANYREQUESTS"
	}
	return "UNKNOWN"
}

// Answer answers 200 with this.
func Answer(mediaType string, body []byte) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

// Redirect sends to another address; "" is to where the request came.
func Redirect(to string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, cmp.Or(to, r.URL.Path), http.StatusTemporaryRedirect)
	}
}

// Reset breaks the connection off after n bytes of the answer's body, with a reset as of a process that was killed.
func Reset(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		part(w, answer(r, next), n)
		hangUp(w, true)
	}
}

// ResetUpload breaks it off when n bytes of the request's body have come.
func ResetUpload(n int64) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.CopyN(io.Discard, r.Body, n)
		hangUp(w, true)
	}
}

// Truncate ends the connection after n bytes of the body, in good order.
func Truncate(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		part(w, answer(r, next), n)
		hangUp(w, false)
	}
}

// Stall sends n bytes of the body and then nothing, until the client goes; with n < 0 not even a status.
func (s *Server) Stall(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if n >= 0 {
			part(w, answer(r, next), n)
		}
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	}
}

// Slow sends the body in pieces with a pause after each.
func Slow(piece int, pause time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := answer(r, next)
		head(w, a)
		for body := a.Body.Bytes(); len(body) > 0; {
			n := min(piece, len(body))
			if _, err := w.Write(body[:n]); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			body = body[n:]
			time.Sleep(pause)
		}
	}
}

// answer is what the registry would say.
func answer(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	next.ServeHTTP(a, r)
	return a
}

func head(w http.ResponseWriter, a *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), a.Header())
	w.WriteHeader(a.Code)
}

// part sends the head of an answer and n bytes of its body.
func part(w http.ResponseWriter, a *httptest.ResponseRecorder, n int) {
	head(w, a)
	_, _ = w.Write(a.Body.Bytes()[:min(n, a.Body.Len())])
	_ = http.NewResponseController(w).Flush()
}

func hangUp(w http.ResponseWriter, reset bool) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset
	}
	_ = buffered.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		time.Sleep(10 * time.Millisecond) // a reset takes with it what has not been read yet
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
