package registry

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
)

func auths(key, user, password string) string {
	return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, key, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// Where podman and docker keep credentials, there they are found.
func TestCredentialsOpenTheRegistry(t *testing.T) {
	for _, kind := range []fake.Option{fake.Basic("u", "p:q"), fake.Token("u", "p:q")} {
		server, img, u := stored(t, kind)
		set := map[string]func(){
			"--creds":              func() { u.Creds = "u:p:q" },
			"--authfile":           func() { u.Auth = u.write(t, "own.json", auths(server.Host, "u", "p:q")) },
			"REGISTRY_AUTH_FILE":   func() { u.Environ["REGISTRY_AUTH_FILE"] = u.write(t, "env.json", auths(server.Host, "u", "p:q")) },
			"podman's, this login": func() { u.write(t, "run/containers/auth.json", auths(server.Host+"/a", "u", "p:q")) },
			"podman's, for good":   func() { u.write(t, ".config/containers/auth.json", auths(server.Host+"/a/b", "u", "p:q")) },
			"docker's":             func() { u.write(t, ".docker/config.json", auths("https://"+server.Host+"/v1/", "u", "p:q")) },
			"docker's, elsewhere": func() {
				u.Environ["DOCKER_CONFIG"] = filepath.Dir(u.write(t, "docker/config.json", auths("http://"+server.Host, "u", "p:q")))
			},
			"a helper's": func() {
				u.write(t, ".docker/config.json", fmt.Sprintf(`{"credHelpers":{%q:"own"}}`, server.Host))
				u.write(t, "bin/docker-credential-own", "#!/bin/sh\nread host; test \"$1 $host\" = \"get "+server.Host+"\" && echo '{\"Username\":\"u\",\"Secret\":\"p:q\"}'\n")
			},
			"the store's": func() {
				u.write(t, ".docker/config.json", fmt.Sprintf(`{"auths":{%q:{}},"credsStore":"own"}`, server.Host))
				u.write(t, "bin/docker-credential-own", "#!/bin/sh\necho '{\"Username\":\"u\",\"Secret\":\"p:q\"}'\n")
			},
		}
		for name, f := range set {
			u.Options, u.home = newUser(t, u.Name.String()).Options, t.TempDir()
			u.Environ = map[string]string{"HOME": u.home, "XDG_RUNTIME_DIR": u.home + "/run", "PATH": u.home + "/bin"}
			if _, err := u.manifest(t); !Denied(err) {
				t.Errorf("without %s: %v", name, err)
			}
			f()
			if got, err := u.manifest(t); err != nil || got != raw(t, img) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestWhoIsRefusedIsToldWhatToDo(t *testing.T) {
	server, _, u := stored(t, fake.Token("u", "p"))
	_, err := u.manifest(t)
	has(t, err, "get the manifest from "+server.Host+": 401 Unauthorized", "no credentials for "+server.Host+" are in "+u.home+"/run/containers/auth.json, "+u.home+"/.config/containers/auth.json, "+u.home+"/.docker/config.json",
		`log in with "podman login `+server.Host+`" or "docker login `+server.Host+`"`)
	file := u.write(t, ".docker/config.json", auths(server.Host, "u", "worn-out"))
	_, err = u.manifest(t)
	has(t, err, "401 Unauthorized", "the credentials are from "+file+"; log in with")
	if strings.Contains(err.Error(), "worn-out") {
		t.Error(err)
	}
	u.write(t, ".docker/config.json", auths(server.Host, "u", "p"))
	server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Status(403, "")})
	_, err = u.manifest(t)
	has(t, err, "403 Forbidden (denied: so it was told)", "the credentials are from "+file)
	server.Heal()
	u.Creds = "u"
	_, err = Open(t.Context(), u.Options)
	has(t, err, "--creds is to be USER:PASSWORD")
	if len(u.waits) > 0 {
		t.Error("a refusal was tried again")
	}
}

// Files that are not right are named, with a line; helpers too, but what is for everyone can be pulled without them.
func TestCredentialsThatAreNotRight(t *testing.T) {
	server, img, u := stored(t)
	u.Auth = filepath.Join(u.home, "absent")
	_, err := Open(t.Context(), u.Options)
	has(t, err, "read credentials: open "+u.Auth)
	u.Auth = ""
	file := u.write(t, ".config/containers/auth.json", "{\n\"auths\": {\n]}")
	_, err = Open(t.Context(), u.Options)
	has(t, err, "read credentials: "+file+":3: ")
	u.write(t, ".config/containers/auth.json", "{\n\"auths\": 7}")
	_, err = Open(t.Context(), u.Options)
	has(t, err, file+":2: ")
	for text, say := range map[string]string{
		fmt.Sprintf(`{"auths":{%q:{"auth":"?"}}}`, server.Host): "the entry of " + server.Host + ": auth is no base64 of USER:PASSWORD", `{"credsStore":"absent"}`: "docker-credential-absent is not in PATH",
		`{"credsStore":"../x"}`: `"../x" is no name of a credential helper`, `{"credsStore":"fails"}`: "docker-credential-fails get: exit status 3: locked", `{"credsStore":"odd"}`: "it printed no JSON",
	} {
		u.write(t, "bin/docker-credential-fails", "#!/bin/sh\necho locked\nexit 3\n")
		u.write(t, "bin/docker-credential-odd", "#!/bin/sh\necho secret\n")
		u.write(t, ".config/containers/auth.json", text)
		u.notices = nil
		if got, err := u.manifest(t); err != nil || got != raw(t, img) || len(u.notices) != 1 || !strings.Contains(u.notices[0], file+": ") || !strings.Contains(u.notices[0], say) {
			t.Errorf("%s: %v, %q", text, err, u.notices)
		}
		server.Fail(fake.Rule{Path: "/manifests/", Do: fake.Status(401, "")})
		_, err = u.manifest(t)
		has(t, err, say, "podman login")
		server.Heal()
	}
}

func TestTheNearestCredentialsCount(t *testing.T) {
	u := newUser(t, "docker.io/a/b:1")
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s + ":p")) }
	u.write(t, ".docker/config.json", fmt.Sprintf(`{"auths":{"https://index.docker.io/v1/":{"auth":%q},"docker.io/a":{"auth":%q},"docker.io/a/b/c":{"username":"d","password":"p"},"q.io":{"identitytoken":"t"},"q.io:5000":{"auth":%q}}}`, b64("hub"), b64("near"), strings.TrimRight(b64("port"), "=")))
	u.write(t, "run/containers/auth.json", `{"auths":{"other.io":{},"https://both.io/v1/":{"username":"old","password":"p"},"both.io":{"username":"new","password":"p"}}}`)
	for name, want := range map[string]authn.AuthConfig{
		"docker.io/x": {Username: "hub", Password: "p"}, "docker.io/a/b": {Username: "near", Password: "p"}, "docker.io/a/b/c": {Username: "d", Password: "p"}, "docker.io/ab/c": {Username: "hub", Password: "p"},
		"q.io/x": {IdentityToken: "t"}, "q.io:5000/x": {Username: "port", Password: "p"}, "q.io:5001/x": {}, "other.io/x": {}, "both.io/x": {Username: "new", Password: "p"},
	} {
		l, err := u.login(t.Context(), asNamed(parse(t, name)))
		if err != nil || l.config != want {
			t.Errorf("%s: %+v, %v", name, l.config, err)
		}
	}
}

// Docker keeps Docker Hub's under an address of its first days, podman under its name.
func TestHelpersAreAskedForDockerHub(t *testing.T) {
	u := newUser(t, "docker.io/a/b:1")
	for _, key := range []string{"https://index.docker.io/v1/", "docker.io"} {
		u.write(t, "bin/docker-credential-own", "#!/bin/sh\nread host\nif [ \"$host\" = "+key+" ]; then echo '{\"Username\":\"<token>\",\"Secret\":\"s\"}'; else echo credentials not found in native keychain; exit 1; fi\n")
		c, err := askHelper(t.Context(), u.Environ, "own", image.DockerHub)
		if want := (authn.AuthConfig{IdentityToken: "s"}); err != nil || c != want {
			t.Errorf("%s: %+v, %v", key, c, err)
		}
	}
}

// A token that has expired in the middle of a pull is replaced.
func TestTokensExpire(t *testing.T) {
	server, _, u := stored(t, fake.Token("", ""))
	d, size := firstBlob(t, u)
	s := u.open(t)
	if _, _, err := s.Manifest(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Expire()
	if got, err := readAll(t, s, d, size, 0); err != nil || int64(len(got)) != size {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	server.Fail(fake.Rule{Path: "/token", Times: 2, Do: fake.Status(503, "")})
	u.waits = nil
	if _, err := u.manifest(t); err != nil || len(u.waits) != 2 {
		t.Errorf("%v after %v", err, u.waits)
	}
}

// Storage behind a registry gets no password, and none of the registry's tokens.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	for _, kind := range []fake.Option{fake.Basic("u", "p"), fake.Token("u", "p")} {
		server, _, u := stored(t, kind)
		u.Creds = "u:p"
		d, size := firstBlob(t, u)
		storage := fake.New(t)
		storage.Fail(fake.Rule{Path: "/stored", Do: fake.Answer("x", make([]byte, size))})
		server.Fail(fake.Rule{Path: "/blobs/", Do: fake.Redirect(storage.URL + "/stored?signature=secret")})
		if got, err := readAll(t, u.open(t), d, size, 0); err != nil || int64(len(got)) != size {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if r := storage.Requests(); len(r) != 1 || r[0].Authorization != "" {
			t.Errorf("%v", r)
		}
		storage.Heal()
		storage.Fail(fake.Rule{Path: "/stored", Do: fake.ResetUpload(0)}) // before any answer
		if _, err := readAll(t, u.open(t), d, size, 0); err == nil || strings.Contains(err.Error(), "signature") {
			t.Error(err)
		}
		// One that asks for them gets none either.
		storage.Heal()
		storage.Fail(fake.Rule{Path: "/stored", Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
		}})
		if _, err := readAll(t, u.open(t), d, size, 0); !Denied(err) {
			t.Error(err)
		}
		for _, r := range storage.Requests() {
			if r.Authorization != "" {
				t.Errorf("%v", r)
			}
		}
	}
}
