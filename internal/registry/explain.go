package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// explain makes an [Error] of what went wrong at an endpoint. n has what the answers said beside their status.
func (e *endpoint) explain(doing string, err error, n *note) error {
	var done *Error
	if err == nil || errors.As(err, &done) {
		return err
	}
	out := &Error{Doing: doing, Err: plain(err)}
	var told *transport.Error
	// A server of HTTPS answers plain HTTP, which the handshake tries on loopback, with 400: that is not what is wrong.
	if handshake := tlsError(err); handshake != nil {
		out.Err = handshake
	} else if errors.As(err, &told) {
		out.Status, out.Err = told.StatusCode, &answer{told.StatusCode, message(told)}
	}
	if Temporary(out) {
		out.After = n.wished()
	}
	out.Advice = e.advice(out)
	return out
}

// tlsError is what TLS itself has against a connection.
func tlsError(err error) error {
	var certificate *tls.CertificateVerificationError
	var alert *net.OpError
	switch {
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &alert) && alert.Op == "remote error": // crypto/tls keeps the type of an alert to itself
		return alert.Err
	}
	return nil
}

// plain takes the address from an error of net/http: Doing says where, and the query of an address to which someone was sent on may
// be as good as a password. What the handshake has wrapped names the addresses that it has tried, which help.
func plain(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // see above
		return u.Err
	}
	return err
}

func message(e *transport.Error) string {
	var list []string
	for _, d := range e.Errors {
		list = append(list, strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(string(d.Code), "_", " "))+": "+d.Message, ": "))
	}
	return strings.Join(list, "; ")
}

// advice is what a user can do about it.
func (e *endpoint) advice(err *Error) string {
	host := e.Host
	var unknown x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	switch {
	case Denied(err):
		return e.login.told + `; log in with "podman login ` + host + `" or "docker login ` + host + `"`
	case NotFound(err):
		return "is the name right? A registry may also say so of what it wants credentials for: " + e.login.told
	case err.Status == http.StatusTooManyRequests && e.login.anonymous():
		return `it allows more to who is known: "podman login ` + host + `"; or set a mirror in registries.conf`
	case err.Status == http.StatusRequestEntityTooLarge:
		return "the registry, or a proxy before it, limits the size of a request"
	case errors.As(err, &unknown):
		return "put the certificate of its authority into ~/.config/containers/certs.d/" + host + "/ca.crt, or give --tls-verify=false"
	case strings.Contains(err.Error(), "certificate required"):
		return "put one with its key, NAME.cert and NAME.key, into ~/.config/containers/certs.d/" + host
	case errors.As(err, &wrongName):
		return "use the name that the certificate is for, or give --tls-verify=false"
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"), errors.Is(err, errPlainHTTP):
		return `give --tls-verify=false, or set "insecure = true" for ` + host + " in registries.conf, where that is meant"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errStalled):
		return "is the network, or the proxy, working?"
	}
	return ""
}

// printable is text of a server as a terminal may have it.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > 500 {
		s = string(runes[:500]) + "..."
	}
	return s
}
