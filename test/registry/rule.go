package registry

import (
	"net/http"
	"strings"
)

// Fault answers a request in the place of next, which would answer as it should be.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Rule says when a fault happens. Of several that fit, the one that was set first has its turns first.
type Rule struct {
	Method string // "" is any
	Path   string // what is in the path: "/blobs/", "/manifests/", "/uploads/", "/token", a digest; "" is any
	After  int    // so many that fit are answered as they should be first
	Times  int    // so many are not; 0 is all
	Do     Fault
}

// Fail has requests fail from now on.
func (s *Server) Fail(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &r)
}

// Heal ends all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// fault is what is to happen with a request; nil: nothing.
func (s *Server) fault(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rule := range s.rules {
		if rule.Method != "" && rule.Method != r.Method || !strings.Contains(r.URL.Path, rule.Path) {
			continue
		}
		if rule.After > 0 {
			rule.After--
			continue
		}
		if rule.Times == 1 {
			s.rules = append(s.rules[:i:i], s.rules[i+1:]...)
		} else if rule.Times > 1 {
			rule.Times--
		}
		return rule.Do
	}
	return nil
}
