package registry

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// auth is whom a registry answers.
type auth struct {
	user, password string
	basic, token   bool
}

// Basic asks for a name and a password.
func Basic(user, password string) Option {
	return func(s *Server) { s.auth = auth{user: user, password: password, basic: true} }
}

// Token asks for a token, which /token of the same server gives to who has the password; everyone with the empty user. It is
// good for the repositories and actions for which it was asked.
func Token(user, password string) Option {
	return func(s *Server) { s.auth = auth{user: user, password: password, token: true} }
}

// Expire makes all tokens bad that were given out.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

func (a auth) knows(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return a.user == "" || ok && user == a.user && password == a.password
}

// admits answers the request itself unless it may be answered.
func (a auth) admits(s *Server, w http.ResponseWriter, r *http.Request) bool {
	switch {
	case a.token && r.URL.Path == "/token":
		a.give(s, w, r)
		return false
	case a.basic && !a.knows(r):
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	case a.token && !s.granted(r):
		challenge := fmt.Sprintf(`Bearer realm="%s/token",service="test"`, s.URL)
		if scope := scopeOf(r); scope != "" {
			challenge += fmt.Sprintf(`,scope="%s"`, scope)
		}
		w.Header().Set("WWW-Authenticate", challenge)
	default:
		return true
	}
	Status(http.StatusUnauthorized, "")(w, r, nil)
	return false
}

func (a auth) give(s *Server, w http.ResponseWriter, r *http.Request) {
	if !a.knows(r) {
		Status(http.StatusUnauthorized, "")(w, r, nil)
		return
	}
	token := rand.Text()
	s.mu.Lock()
	s.tokens[token] = strings.Join(r.URL.Query()["scope"], " ")
	s.mu.Unlock()
	fmt.Fprintf(w, `{"token":%q}`, token)
}

// granted tells whether the request's token is for what it wants.
func (s *Server) granted(r *http.Request) bool {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	scopes, ok := s.tokens[token]
	s.mu.Unlock()
	want := scopeOf(r)
	if !ok || want == "" {
		return ok
	}
	repository, action := want[:strings.LastIndexByte(want, ':')], want[strings.LastIndexByte(want, ':')+1:]
	for scope := range strings.FieldsSeq(scopes) {
		if actions, ok := strings.CutPrefix(scope, repository+":"); ok && slices.Contains(strings.Split(actions, ","), action) {
			return true
		}
	}
	return false
}

// scopeOf is what a request needs a token for: "repository:a/b:pull".
func scopeOf(r *http.Request) string {
	rest, ok := strings.CutPrefix(r.URL.Path, "/v2/")
	for _, mark := range []string{"/manifests/", "/blobs/", "/tags/"} {
		if at := strings.Index(rest, mark); ok && at > 0 {
			action := "push"
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				action = "pull"
			}
			return "repository:" + rest[:at] + ":" + action
		}
	}
	return ""
}
