package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/urun-project/urun/internal/image"
)

const (
	helperPrefix = "docker-credential-"
	helperTime   = time.Minute // someone may have to unlock a key
)

// askHelper asks a program that keeps credentials, in the protocol of docker's. That it has none is no error.
func askHelper(ctx context.Context, environ map[string]string, name, host string) (authn.AuthConfig, error) {
	if strings.Contains(name, "/") {
		return authn.AuthConfig{}, fmt.Errorf("%q is no name of a credential helper", name)
	}
	program, err := lookUp(helperPrefix+name, environ["PATH"])
	if err != nil {
		return authn.AuthConfig{}, err
	}
	keys := []string{host}
	if host == image.DockerHub {
		keys = []string{authn.DefaultAuthKey, host} // under which docker keeps it, and podman
	}
	for _, key := range keys {
		c, err := runHelper(ctx, environ, program, key)
		if err != nil || c != (authn.AuthConfig{}) {
			return c, err
		}
	}
	return authn.AuthConfig{}, nil
}

func runHelper(ctx context.Context, environ map[string]string, program, key string) (authn.AuthConfig, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, helperTime, fmt.Errorf("it took longer than %v", helperTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "get")
	cmd.WaitDelay = time.Second // for children of its that keep the pipes
	cmd.Env = cmd.Environ()     // helpers have needs of their own: a bus, a terminal
	for k, v := range environ {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stdin = strings.NewReader(key + "\n")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(out.String()) // docker's helpers say on stdout what is wrong
		if strings.Contains(strings.ToLower(said), "credentials not found") {
			return authn.AuthConfig{}, nil
		}
		if said == "" {
			said = strings.TrimSpace(errs.String())
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return authn.AuthConfig{}, fmt.Errorf("run %s get: %w: %s", program, err, printable(said))
	}
	var c struct{ Username, Secret string }
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		return authn.AuthConfig{}, fmt.Errorf("run %s get: it printed no JSON", program) // what it printed may be the secret
	}
	if c.Username == "<token>" {
		return authn.AuthConfig{IdentityToken: c.Secret}, nil
	}
	return authn.AuthConfig{Username: c.Username, Password: c.Secret}, nil
}

// lookUp finds a program in a PATH that is not the process's own.
func lookUp(name, path string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) { // not what happens to lie here
			continue
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", errors.New(name + " is not in PATH")
}
