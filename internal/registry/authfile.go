package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
)

// authFile is podman's auth.json and docker's config.json.
type authFile struct {
	path    string
	Auths   map[string]authEntry `json:"auths"`
	Helpers map[string]string    `json:"credHelpers"` // by host
	Store   string               `json:"credsStore"`  // the helper for all others
}

type authEntry struct {
	Auth          string `json:"auth"` // base64 of USER:PASSWORD
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

func readAuthFile(path string) (*authFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &authFile{path: path}
	if err := json.Unmarshal(text, f); err != nil {
		line := 0
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			line = 1 + strings.Count(string(text[:syntax.Offset]), "\n")
		case errors.As(err, &kind):
			line = 1 + strings.Count(string(text[:kind.Offset]), "\n")
		}
		return nil, fmt.Errorf("%s:%d: %w", path, max(line, 1), err)
	}
	return f, nil
}

// find looks a place up, and tells where the credentials come from. With an error there may be none: a helper failed.
func (f *authFile) find(ctx context.Context, environ map[string]string, p place) (authn.AuthConfig, string, error) {
	var failed error
	for _, name := range []string{f.helper(p.Host), f.Store} {
		if name == "" {
			continue
		}
		config, err := askHelper(ctx, environ, name, p.Host)
		if err == nil && config != (authn.AuthConfig{}) {
			return config, helperPrefix + name + ", which " + f.path + " names", nil
		}
		if failed = err; err != nil {
			break
		}
	}
	byKey := map[string]string{}
	for key := range f.Auths {
		if have, ok := byKey[normal(key)]; !ok || len(key) < len(have) { // the plain form rather than docker's old one
			byKey[normal(key)] = key
		}
	}
	for _, key := range p.keys() {
		written, ok := byKey[key]
		if !ok {
			continue
		}
		config, err := f.Auths[written].config()
		if err != nil {
			return config, "", fmt.Errorf("the entry of %s: %w", written, err)
		}
		if config != (authn.AuthConfig{}) { // docker leaves empty ones beside a helper
			return config, f.path, failed
		}
	}
	return authn.AuthConfig{}, "", failed
}

func (f *authFile) helper(host string) string {
	for key, name := range f.Helpers {
		if normal(key) == host {
			return name
		}
	}
	return ""
}

func (e authEntry) config() (authn.AuthConfig, error) {
	c := authn.AuthConfig{Username: e.Username, Password: e.Password, IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken}
	if e.Auth != "" {
		text, err := base64.StdEncoding.DecodeString(e.Auth)
		if err != nil {
			text, err = base64.RawStdEncoding.DecodeString(e.Auth)
		}
		user, password, ok := strings.Cut(string(text), ":")
		if err != nil || !ok {
			return authn.AuthConfig{}, errors.New("auth is no base64 of USER:PASSWORD")
		}
		c.Username, c.Password = user, strings.Trim(password, "\x00")
	}
	return c, nil
}
