package pull

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// "tester" with the password "secret".
const htpasswd = "tester:$2y$04$EIjsRDOjHZt3Be2H7IFHIu3m5qKcQnzuNIPa5jMGqnK57BOon6NLS\n"

// docker-registry with a certificate that nobody knows and a password, as inside a company.
func TestAPrivateRegistry(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "htpasswd"), []byte(htpasswd), 0o644); err != nil {
		t.Fatal(err)
	}
	p := here(t, full, option(`http: {addr: "ADDRESS", tls: {certificate: "`+dir+`/ca.crt", key: "`+dir+`/key.pem"}}`),
		option(`auth: {htpasswd: {realm: test, path: "`+dir+`/htpasswd"}}`))
	p.push("private", build(t, v1.Config{}, busybox(t, p.Home.Rootfs)), "--dest-creds=tester:secret")
	ref := p.ref("private")

	p.Run("pull", "-q", ref).Refused(t, 125, p.address, "certificate")
	p.Run("pull", "-q", "--cert-dir", dir, ref).Refused(t, 125, p.address)
	p.Run("pull", "-q", "--cert-dir", dir, "--creds", "tester:wrong", ref).Refused(t, 125, p.address)
	if r := p.Run("images", "-q"); r.Stdout != "" {
		t.Errorf("refused, and there is %q", r.Stdout)
	}
	p.Run("pull", "-q", "--cert-dir", dir, "--creds", "tester:secret", ref).OK(t)
	if r := p.Run("rmi", ref); r.Status != 0 || r.Stderr != "" {
		t.Fatalf("rmi: exit status %d, %s", r.Status, r.Stderr)
	}

	// As podman login writes it.
	auth := filepath.Join(dir, "auth.json")
	if err := os.WriteFile(auth, []byte(`{"auths":{"`+p.address+`":{"auth":"dGVzdGVyOnNlY3JldA=="}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Rootfs = ref
	if got := p.inside([]string{"--authfile", auth, "--cert-dir", dir, "-q"}, "echo", "ran"); got != "ran" {
		t.Errorf("it prints %q", got)
	}
}

// certificate writes ca.crt and key.pem for 127.0.0.1.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"ca.crt": {Type: "CERTIFICATE", Bytes: raw}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
