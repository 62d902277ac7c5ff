package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

// images is the user's store, which need not be there.
func images() image.Store { return image.Store{Dir: ownDir("XDG_DATA_HOME", ".local/share")} }

// imageStore is where this user's images are; unlike with [images] there has to be a place.
func imageStore() (image.Store, error) {
	s := images()
	if s.Dir == "" {
		return s, errors.New("there is no place for images: neither XDG_DATA_HOME nor HOME names an absolute path; set one of them")
	}
	return s, nil
}

// found finds an image by what a user has written.
func found(s image.Store, word string) (image.Entry, image.Record, error) {
	e, r, err := s.Find(kept(word))
	missing := (*image.NotFoundError)(nil)
	if errors.As(err, &missing) {
		err = notFound(word, missing)
	}
	return e, r, err
}

// notFound says what to do about an image that there is not.
func notFound(word string, err *image.NotFoundError) error {
	says := "there is no image " + strconv.Quote(word) + " in your store"
	if err.Because != nil {
		return fmt.Errorf("%s: %w; urun pull fetches it anew", says, err.Because)
	}
	return errors.New(says + "; urun images lists those that there are, urun pull fetches one")
}

// variables are what urun-image asks of the environment: where credentials, registries.conf and helper programs for them are, and
// which proxies there are. Those of certificates are read by the library that they are meant for.
var variables = []string{"HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "CONTAINERS_REGISTRIES_CONF",
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}

// request is the frame of what urun-image is asked.
func (f registryFlags) request(do string, quiet bool) (r image.Request, err error) {
	s, err := imageStore()
	if err != nil {
		return r, err
	}
	r = image.Request{Do: do, Store: s.Dir, Creds: f.Creds, TLSVerify: f.TLSVerify, Quiet: quiet, Environ: map[string]string{}}
	if f.Creds != "" && !strings.Contains(f.Creds, ":") {
		return r, errors.New("--creds: write USER:PASSWORD; or log in with podman login, docker login or skopeo login, whose files are read")
	}
	if f.Retry != "" {
		n, err := strconv.Atoi(f.Retry)
		if err != nil || n < 0 || n > 100 {
			return r, complain("--retry", f.Retry, errors.New("write how often, 0 to 100"))
		}
		r.Retries = n
		if n == 0 {
			r.Retries = -1 // 0 is the default there
		}
	}
	for _, p := range []struct {
		flag, path string
		to         *string
	}{{"--authfile", f.AuthFile, &r.Auth}, {"--cert-dir", f.CertDir, &r.CertDir}} {
		if p.path == "" {
			continue
		}
		if *p.to, err = filepath.Abs(p.path); err == nil && !exists(p.path) {
			err = complain(p.flag, p.path, errors.New("there is no such file"))
		}
		if err != nil {
			return r, err
		}
	}
	for _, name := range variables {
		if value, set := os.LookupEnv(name); set {
			r.Environ[name] = value
		}
	}
	if size, err := unix.IoctlGetWinsize(2, unix.TIOCGWINSZ); err == nil && os.Getenv("TERM") != "dumb" {
		r.Terminal, r.Columns = true, int(size.Col)
	}
	return r, nil
}

// helperError says that urun-image is not there.
type helperError string

func (e helperError) Error() string { return string(e) }

// ask has urun-image do it. What was done before an error comes with it.
func ask(r image.Request, stdin, stdout *os.File) ([]image.Done, error) {
	self := places().Self
	program := image.FindProgram(self)
	if program == "" {
		return nil, helperError("urun-image, which fetches, unpacks and writes images, is neither in " + filepath.Dir(self) + " nor in ../libexec/urun beside it: " +
			"install it with urun (make install, or a release's install); a directory as ROOTFS needs no helper")
	}
	a, err := image.Do(context.Background(), program, r, stdin, stdout, os.Stderr)
	return a.Images, err
}
