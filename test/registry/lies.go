package registry

import (
	"net/http"
	"strconv"
)

// Change lets f change a whole answer's body before it is sent, with a Content-Length that fits.
func Change(f func(body []byte) []byte) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := answer(r, next)
		body := f(append([]byte(nil), a.Body.Bytes()...))
		if r.Method != http.MethodHead {
			a.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		head(w, a)
		_, _ = w.Write(body)
	}
}

// Corrupt changes one byte in the middle of the body.
func Corrupt() Fault {
	return Change(func(body []byte) []byte {
		if len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		return body
	})
}

// Lengthen sends more than was asked for, in chunks, without a Content-Length that would give it away.
func Lengthen(more int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := answer(r, next)
		a.Header().Del("Content-Length")
		head(w, a)
		_, _ = w.Write(a.Body.Bytes())
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(make([]byte, more))
	}
}

// Length announces another length than is sent, by so much; the connection ends when all is sent.
func Length(by int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := answer(r, next)
		a.Header().Set("Content-Length", strconv.Itoa(a.Body.Len()+by))
		head(w, a)
		_, _ = w.Write(a.Body.Bytes())
	}
}

// NoRange ignores that only a part was asked for.
func NoRange() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Header.Del("Range")
		next.ServeHTTP(w, r)
	}
}

// Header sets one in the answer; an empty value takes it away.
func Header(key, value string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		a := answer(r, next)
		a.Header().Del(key)
		if value != "" {
			a.Header().Set(key, value)
		}
		head(w, a)
		_, _ = w.Write(a.Body.Bytes())
	}
}
