// Package registry is a registry for tests, in their own process, that does what servers and networks do on bad days: it
// answers with errors, breaks off, stalls, lies. It can ask for passwords, tokens and certificates, and it counts what
// it was asked for.
//
// It stands for a hostile or a broken server; what a real one does is tested with Debian's docker-registry.
package registry

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Server is a registry on loopback, which ends with its test.
type Server struct {
	Host string // "127.0.0.1:PORT"
	URL  string // with http:// or https://

	store  http.Handler // what works
	auth   auth
	pki    *pki
	server *httptest.Server
	done   chan struct{} // closed at the end of the test, so that what stalls ends

	mu       sync.Mutex
	rules    []*Rule
	requests []Request
	tokens   map[string]string // what is granted by each
}

// Option is how New makes a registry.
type Option func(*Server)

// New starts a registry that works: without options, over plain HTTP, for everyone.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{store: registry.New(registry.Logger(log.New(io.Discard, "", 0))), done: make(chan struct{}), tokens: map[string]string{}}
	for _, o := range options {
		o(s)
	}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail are what is tested
	if s.pki != nil {
		s.server.TLS = s.pki.server(t)
		s.server.StartTLS()
	} else {
		s.server.Start()
	}
	s.URL = s.server.URL
	_, s.Host, _ = strings.Cut(s.URL, "://")
	t.Cleanup(func() {
		close(s.done)
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	fault := s.fault(r)
	next := http.Handler(http.HandlerFunc(s.guarded))
	if fault == nil {
		next.ServeHTTP(w, r)
		return
	}
	fault(w, r, next)
}

// guarded answers those who may.
func (s *Server) guarded(w http.ResponseWriter, r *http.Request) {
	if s.auth.admits(s, w, r) {
		s.store.ServeHTTP(w, r)
	}
}
