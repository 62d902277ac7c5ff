package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fake "github.com/urun-project/urun/test/registry"
)

func yes(b bool) *bool { return &b }

// certs puts the server's certificates where they are looked for.
func (u *user) certs(t *testing.T, s *fake.Server, below string) string {
	t.Helper()
	dir := filepath.Join(u.home, below)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.Certs(t, dir)
	return dir
}

func TestCertificatesAreChecked(t *testing.T) {
	for kind, option := range map[string]fake.Option{"authority": fake.TLS(), "and a client's": fake.ClientCerts()} {
		server, img, u := stored(t, option)
		_, err := u.manifest(t)
		has(t, err, "certificate signed by unknown authority", "put the certificate of its authority into ~/.config/containers/certs.d/"+server.Host+"/ca.crt, or give --tls-verify=false")
		if len(u.waits) > 0 {
			t.Error("an unknown certificate was tried again")
		}
		for _, below := range []string{".config/containers/certs.d/", "etc/containers/certs.d/", "etc/docker/certs.d/"} {
			u := newUser(t, u.Name.String())
			u.certs(t, server, below+server.Host)
			if got, err := u.manifest(t); err != nil || got != raw(t, img) {
				t.Errorf("%s in %s: %v", kind, below, err)
			}
		}
		other := newUser(t, u.Name.String())
		other.CertDir = other.certs(t, server, "own")
		if _, err := other.manifest(t); err != nil {
			t.Errorf("%s in --cert-dir: %v", kind, err)
		}
		if kind == "authority" {
			u.TLSVerify = yes(false)
			if _, err := u.manifest(t); err != nil {
				t.Error(err)
			}
			continue
		}
		if err := os.Remove(filepath.Join(other.CertDir, "client.cert")); err != nil {
			t.Fatal(err)
		}
		_, err = other.manifest(t)
		has(t, err, "certificate required", "put one with its key, NAME.cert and NAME.key, into ~/.config/containers/certs.d/"+server.Host)
	}
}

func TestCertificatesThatAreNone(t *testing.T) {
	server, _, u := stored(t, fake.TLS())
	u.CertDir = u.certs(t, server, "own")
	if err := os.Remove(filepath.Join(u.CertDir, "client.key")); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), u.Options)
	has(t, err, "read the certificate "+u.CertDir+"/client.cert and its key: ")
	u.write(t, "own/ca.crt", "x")
	_, err = Open(t.Context(), u.Options)
	has(t, err, "there is none in "+u.CertDir+"/ca.crt")
	u.CertDir = filepath.Join(u.home, "absent")
	_, err = Open(t.Context(), u.Options)
	has(t, err, "read certificates: open "+u.CertDir)
}

// Plain HTTP is for loopback, and for registries that somebody has called insecure.
func TestPlainHTTPIsRefused(t *testing.T) {
	server, img, u := stored(t)
	u.TLSVerify = yes(true)
	_, err := u.manifest(t)
	has(t, err, "plain HTTP is refused: "+server.Host, `give --tls-verify=false, or set "insecure = true" for `+server.Host)
	u.TLSVerify = yes(false)
	if got, err := u.manifest(t); err != nil || got != raw(t, img) {
		t.Error(err)
	}
	e := &endpoint{}
	for _, tt := range []struct {
		from, to string
		lax, ok  bool
	}{
		{"https://r.io/x", "https://s.io/y", false, true}, {"https://r.io/x", "http://s.io/y", false, false}, {"https://r.io/x", "http://s.io/y", true, true}, {"http://localhost:1/x", "http://localhost:2/y", false, true},
		{"https://localhost:1/x", "http://localhost:1/x", false, false}, {"https://r.io/x", "https://169.254.169.254/y", false, false}, {"https://r.io/x", "https://127.0.0.1/y", false, false}, {"https://r.io/x", "https://[::ffff:169.254.1.1]/y", false, false},
		{"https://r.io/x", "https://10.0.0.1/y", false, true}, {"https://r.io/x", "https://r.io/y", false, true},
	} {
		e.lax = tt.lax
		from, _ := url.Parse(tt.from)
		to, _ := url.Parse(tt.to)
		if err := e.follow(&http.Request{URL: to}, []*http.Request{{URL: from}}); (err == nil) != tt.ok {
			t.Errorf("from %s to %s: %v", tt.from, tt.to, err)
		}
	}
}

// Neither a redirect nor a token's address gets a secure registry's client to speak in the clear.
func TestASecureRegistryCannotSendOnToPlainHTTP(t *testing.T) {
	server, _, u := stored(t, fake.TLS())
	u.CertDir = u.certs(t, server, "own")
	d, size := firstBlob(t, u)
	open := fake.New(t)
	open.Fail(fake.Rule{Do: fake.Answer("x", make([]byte, size))})
	server.Fail(fake.Rule{Path: "/blobs/", Do: fake.Redirect(open.URL + "/x")})
	_, err := readAll(t, u.open(t), d, size, 0)
	has(t, err, "plain HTTP is refused: it sends on to "+open.URL)
	server.Fail(fake.Rule{Method: "GET", Path: "/v2/", Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="x"`, open.URL))
		w.WriteHeader(http.StatusUnauthorized)
	}})
	u.Creds = "u:p"
	if _, err := u.manifest(t); err == nil {
		t.Error("a token was taken from plain HTTP")
	}
	if r := open.Requests(); len(r) > 0 {
		t.Errorf("it was asked: %v", r)
	}
}

func TestProxies(t *testing.T) {
	env := map[string]string{"HTTPS_PROXY": "proxy:3128", "http_proxy": "http://plain:80", "NO_PROXY": "a.io, .b.io,*.c.io,d.io:444,10.0.0.0/8,192.0.2.1"}
	for address, want := range map[string]string{
		"https://x.io/": "http://proxy:3128", "http://x.io/": "http://plain:80", "https://a.io/": "", "https://x.a.io/": "", "https://xa.io/": "http://proxy:3128", "https://x.b.io/": "", "https://x.c.io/": "",
		"https://d.io/": "http://proxy:3128", "https://d.io:444/": "", "https://10.1.2.3/": "", "https://11.1.2.3/": "http://proxy:3128", "https://192.0.2.1/": "", "https://localhost:5000/": "", "https://127.0.0.1/": "",
	} {
		u, _ := url.Parse(address)
		got, err := proxy(env)(&http.Request{URL: u})
		if err != nil || (got == nil) != (want == "") || got != nil && got.String() != want {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
	env["NO_PROXY"] = "*"
	if got, err := proxy(env)(&http.Request{URL: &url.URL{Scheme: "https", Host: "x.io"}}); got != nil || err != nil {
		t.Error(got, err)
	}
	// One that is set is asked.
	server, _, u := stored(t)
	u.Environ["HTTPS_PROXY"], u.Environ["HTTP_PROXY"] = server.URL, server.URL
	u.Name.Registry = "registry.invalid"
	u.Retry.Times = -1
	if _, err := u.manifest(t); err == nil || server.Count("CONNECT", "") != 1 || strings.Contains(err.Error(), "no such host") {
		t.Errorf("%v: %v", err, server.Requests())
	}
}
