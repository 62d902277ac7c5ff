package registry

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tlsConfig is for a host: its directory of certificates, as containers-certs.d(5) has it.
func (o Options) tlsConfig(host string, insecure bool) (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: insecure, MinVersion: tls.VersionTLS12}
	dir := o.CertDir
	if dir == "" {
		dir = o.certDir(host)
	}
	if dir == "" {
		return c, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch filepath.Ext(path) {
		case ".crt":
			if err := addAuthority(c, path); err != nil {
				return nil, err
			}
		case ".cert":
			pair, err := tls.LoadX509KeyPair(path, strings.TrimSuffix(path, ".cert")+".key")
			if err != nil {
				return nil, fmt.Errorf("read the certificate %s and its key: %w", path, err)
			}
			c.Certificates = append(c.Certificates, pair)
		}
	}
	return c, nil
}

// certDir is the first directory that there is.
func (o Options) certDir(host string) string {
	dirs := []string{filepath.Join(o.etc, "containers"), filepath.Join(o.etc, "docker")}
	if home := configHome(o.Environ); home != "" {
		dirs = append([]string{filepath.Join(home, "containers")}, dirs...)
	}
	for _, dir := range dirs {
		dir = filepath.Join(dir, "certs.d", host)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

// addAuthority trusts a certificate beside those that the system trusts.
func addAuthority(c *tls.Config, path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read certificates: %w", err)
	}
	if c.RootCAs == nil {
		if c.RootCAs, err = x509.SystemCertPool(); err != nil {
			c.RootCAs = x509.NewCertPool()
		}
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("read certificates: there is none in %s, which is to be in PEM", path)
	}
	return nil
}
