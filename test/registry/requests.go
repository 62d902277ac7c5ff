package registry

import (
	"net/http"
	"strings"
)

// Request is what the registry was asked.
type Request struct {
	Method, Path, Query  string
	Authorization, Range string
	Accept               string
}

func (s *Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), r.Header.Get("Range"), r.Header.Get("Accept")})
}

// Requests are all that were made, in order. The first is often GET /v2/, with which a client finds out who it is to be.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Count is the number of requests with this method and this in their path; "" is any.
func (s *Server) Count(method, path string) (n int) {
	for _, r := range s.Requests() {
		if (method == "" || r.Method == method) && strings.Contains(r.Path, path) {
			n++
		}
	}
	return n
}

// Forget forgets the requests so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}
