package registry

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// proxy is what the environment says about proxies: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or the same in lower case. What net/http
// has for it reads the environment of the process.
func proxy(environ map[string]string) func(*http.Request) (*url.URL, error) {
	get := func(name string) string {
		if v := environ[name]; v != "" {
			return v
		}
		return environ[strings.ToLower(name)]
	}
	none := strings.FieldsFunc(get("NO_PROXY"), func(r rune) bool { return r == ',' || r == ' ' })
	return func(r *http.Request) (*url.URL, error) {
		is := get(strings.ToUpper(r.URL.Scheme) + "_PROXY")
		if is == "" || loopback(r.URL.Host) {
			return nil, nil
		}
		for _, n := range none {
			if spares(n, r.URL) {
				return nil, nil
			}
		}
		if !strings.Contains(is, "://") {
			is = "http://" + is
		}
		return url.Parse(is)
	}
}

// spares tells whether a word of NO_PROXY is for a host: "*", a name with all below it, an address, a network, each perhaps with a port.
func spares(word string, u *url.URL) bool {
	if word == "*" {
		return true
	}
	host := strings.ToLower(u.Hostname())
	if network, err := netip.ParsePrefix(word); err == nil {
		addr, err := netip.ParseAddr(host)
		return err == nil && network.Contains(addr.Unmap())
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	domain := strings.ToLower(strings.TrimPrefix(word, "*"))
	if name, p, ok := strings.Cut(domain, ":"); ok && !strings.Contains(p, ":") {
		if p != port {
			return false
		}
		domain = name
	}
	return host == strings.TrimPrefix(domain, ".") || strings.HasSuffix(host, "."+strings.TrimPrefix(domain, "."))
}

// loopback tells whether a host, perhaps with a port, is this machine by its name.
func loopback(host string) bool {
	host = (&url.URL{Host: host}).Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
