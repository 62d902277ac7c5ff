package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/urun-project/urun/internal/image"
)

// login is who someone is for a registry, and where that comes from.
type login struct {
	config authn.AuthConfig
	told   string // for a message: "the credentials are from FILE", "no credentials for HOST are in FILE, FILE"
}

func (l login) anonymous() bool { return l.config == authn.AuthConfig{} }

func (l login) authenticator() authn.Authenticator {
	if l.anonymous() {
		return authn.Anonymous
	}
	return authn.FromConfig(l.config)
}

// login finds credentials for a place. An explicit file has to be there; one that is not right is an error
// wherever it is, but a helper that fails is told of only: most of what is pulled is for everyone, and a configuration that
// names the helper of another machine is common.
func (o Options) login(ctx context.Context, p place) (login, error) {
	if o.Creds != "" && !p.Mirror {
		user, password, ok := strings.Cut(o.Creds, ":")
		if !ok || user == "" {
			return login{}, errors.New("--creds is to be USER:PASSWORD")
		}
		return login{config: authn.AuthConfig{Username: user, Password: password}, told: "the credentials are those of --creds"}, nil
	}
	files, explicit := o.authFiles()
	var trouble []string
	for _, file := range files {
		f, err := readAuthFile(file)
		if errors.Is(err, fs.ErrNotExist) && !explicit || errors.Is(err, fs.ErrPermission) && strings.HasPrefix(file, othersRun) {
			continue
		}
		if err != nil {
			return login{}, fmt.Errorf("read credentials: %w", err)
		}
		config, from, err := f.find(ctx, o.Environ, p)
		if err != nil {
			o.Notice(fmt.Sprintf("%s: %v", file, err))
			trouble = append(trouble, err.Error())
		}
		if config != (authn.AuthConfig{}) {
			return login{config: config, told: "the credentials are from " + from}, nil
		}
	}
	told := "no credentials for " + p.Host + " are in " + strings.Join(files, ", ")
	if len(files) == 0 {
		told = "there is no file of credentials, as HOME is not set"
	}
	if trouble != nil {
		told += " (" + strings.Join(trouble, "; ") + ")"
	}
	return login{told: told}, nil
}

// othersRun is where podman has credentials for a user without a runtime directory. Where root made it for its own podman, nobody else
// may look into it, and nobody else's are there.
const othersRun = "/run/containers"

// authFiles are where credentials may be, the first that has them counts: podman's, then docker's. Explicit: the user has named one.
func (o Options) authFiles() (files []string, explicit bool) {
	env := o.Environ
	for _, named := range []string{o.Auth, env["REGISTRY_AUTH_FILE"]} {
		if named != "" {
			return []string{named}, true
		}
	}
	if dir := env["XDG_RUNTIME_DIR"]; dir != "" {
		files = append(files, filepath.Join(dir, "containers", "auth.json"))
	} else {
		files = append(files, filepath.Join(othersRun, strconv.Itoa(os.Getuid()), "auth.json"))
	}
	if dir := configHome(env); dir != "" {
		files = append(files, filepath.Join(dir, "containers", "auth.json"))
	}
	if dir := env["DOCKER_CONFIG"]; dir != "" {
		files = append(files, filepath.Join(dir, "config.json"))
	} else if home := env["HOME"]; home != "" {
		files = append(files, filepath.Join(home, ".docker", "config.json"))
	}
	return files, false
}

// keys are what credentials for a place may be filed under, the nearest first: host/a/b, host/a, host.
func (p place) keys() []string {
	key := p.Host + "/" + p.Repository
	list := []string{key}
	for i := strings.LastIndexByte(key, '/'); i > 0; i = strings.LastIndexByte(key, '/') {
		key = key[:i]
		list = append(list, key)
	}
	return list
}

// normal is a key of a file in the form of [place.keys]: docker writes "https://index.docker.io/v1/".
func normal(key string) string {
	rest, schemed := strings.CutPrefix(key, "https://")
	if !schemed {
		rest, schemed = strings.CutPrefix(key, "http://")
	}
	host, path, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		host = image.DockerHub
	}
	if path == "" || schemed || path == "v1" || path == "v2" {
		return host
	}
	return host + "/" + path
}
