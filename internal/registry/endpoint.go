package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const agent = "urun"

// endpoint is a repository on a server, and the connection to it.
type endpoint struct {
	place
	options Options
	repo    name.Repository
	lax     bool // plain HTTP and unknown certificates are accepted
	wire    http.RoundTripper
	login   login

	mu     sync.Mutex
	client *http.Client // after the handshake
}

// open makes an endpoint. Credentials are looked for; nothing is sent.
func (o Options) open(ctx context.Context, p place) (*endpoint, error) {
	insecure := p.Insecure
	if o.TLSVerify != nil {
		insecure = !*o.TLSVerify
	}
	var options []name.Option
	if insecure {
		options = append(options, name.Insecure)
	}
	repo, err := name.NewRepository(p.String(), options...)
	if err != nil {
		return nil, err
	}
	config, err := o.tlsConfig(p.Host, insecure)
	if err != nil {
		return nil, err
	}
	e := &endpoint{place: p, options: o, repo: repo, lax: insecure}
	if e.login, err = o.login(ctx, p); err != nil {
		return nil, err
	}
	local := o.TLSVerify == nil && loopback(p.Host)
	plain := func(host string) bool { return insecure || local && loopback(host) }
	e.wire = transport.NewUserAgent(&wire{inner: &http.Transport{
		Proxy:                  proxy(o.Environ),
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a blob is what was asked for, not what comes out of it
		MaxResponseHeaderBytes: 1 << 20,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
	}, plain: plain, stall: o.Stall}, agent)
	return e, nil
}

// connect finds out how the registry wants to be spoken with, once, and gives a client that does.
// Scopes are what a token is to be for; pulling, without any.
func (e *endpoint) connect(ctx context.Context, scopes ...string) (*http.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil {
		return e.client, nil
	}
	if len(scopes) == 0 {
		scopes = []string{e.repo.Scope(transport.PullScope)}
	}
	t, err := transport.NewWithContext(ctx, e.repo.Registry, e.login.authenticator(), e.wire, scopes)
	if err != nil {
		return nil, err
	}
	e.client = &http.Client{Transport: t, CheckRedirect: e.follow}
	return e.client, nil
}

// follow decides about a redirect. The transport puts credentials into requests to the registry's own host only.
func (e *endpoint) follow(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) >= 10:
		return lies("it sends from one address to the next, ten times")
	case from.Scheme == "https" && to.URL.Scheme == "http" && !e.lax:
		return fmt.Errorf("%w: it sends on to http://%s", errPlainHTTP, to.URL.Host)
	case inside(to.URL.Hostname()) && !loopback(from.Host) && from.Hostname() != to.URL.Hostname():
		return lies("it sends on to %s, which is an address of this machine or its hypervisor", to.URL.Host)
	}
	return nil
}

// inside tells of addresses that nobody has a reason to send strangers to: loopback, and the one where clouds keep a machine's secrets.
func inside(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.Unmap().IsLinkLocalUnicast() || addr.Unmap().IsUnspecified()) || loopback(host)
}

// get asks for something below the repository. What it gives has one of the statuses.
func (e *endpoint) get(ctx context.Context, method, path string, header http.Header, statuses ...int) (*http.Response, error) {
	client, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, e.repo.Scheme()+"://"+e.repo.RegistryStr()+"/v2/"+e.repo.RepositoryStr()+path, nil)
	if err != nil {
		return nil, err
	}
	for k := range header {
		r.Header[k] = header[k]
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if err := transport.CheckError(answer, statuses...); err != nil {
		answer.Body.Close()
		return nil, err
	}
	return answer, nil
}
