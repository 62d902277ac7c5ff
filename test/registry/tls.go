package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pki is an authority, and what it has signed.
type pki struct {
	client      bool // whether clients need a certificate
	ca          []byte
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// TLS has the registry speak HTTPS, with a certificate that nobody knows yet; see [Server.Certs].
func TLS() Option { return func(s *Server) { s.pki = &pki{} } }

// ClientCerts is TLS, and asks clients for a certificate too.
func ClientCerts() Option { return func(s *Server) { s.pki = &pki{client: true} } }

// Certs writes ca.crt, client.cert and client.key into a directory, as they lie in a certs.d.
func (s *Server) Certs(t testing.TB, dir string) {
	t.Helper()
	cert, key := s.pki.sign(t, x509.ExtKeyUsageClientAuth)
	for name, content := range map[string][]byte{"ca.crt": s.pki.ca, "client.cert": cert, "client.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// MakeCerts writes what another server needs into a directory: ca.crt, which its clients are to know, server.pem and server-key.pem.
func MakeCerts(t testing.TB, dir string) {
	t.Helper()
	p := &pki{}
	p.found(t)
	cert, key := p.sign(t, x509.ExtKeyUsageServerAuth)
	for name, content := range map[string][]byte{"ca.crt": p.ca, "server.pem": cert, "server-key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// found makes the authority.
func (p *pki) found(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	p.certificate = template("urun test authority", x509.ExtKeyUsageAny)
	p.certificate.IsCA, p.certificate.BasicConstraintsValid, p.certificate.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, p.certificate, p.certificate, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	p.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (p *pki) server(t testing.TB) *tls.Config {
	t.Helper()
	p.found(t)
	pair, err := tls.X509KeyPair(p.sign(t, x509.ExtKeyUsageServerAuth))
	if err != nil {
		t.Fatal(err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}}
	if p.client {
		c.ClientAuth = tls.RequireAndVerifyClientCert
		c.ClientCAs = x509.NewCertPool()
		c.ClientCAs.AppendCertsFromPEM(p.ca)
	}
	return c
}

func template(name string, usage x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
}

// sign makes a certificate for loopback and its key.
func (p *pki) sign(t testing.TB, usage x509.ExtKeyUsage) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := template("urun test", usage)
	c.IPAddresses, c.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	der, err := x509.CreateCertificate(rand.Reader, c, p.certificate, private.Public(), p.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}
