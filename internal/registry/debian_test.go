package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/urun-project/urun/internal/image"
	fake "github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// password is bcrypt's of "secret", for "user".
const password = "user:$2y$05$iCtt0cHtIQVCge1.mXF6Teb0eq0QlG80LgOFgCmbJhkRWhWGRYX5G"

// debian is Debian's docker-registry, with HTTPS and a password.
type debian struct{ host, certs string }

func startDebian(t *testing.T) debian {
	t.Helper()
	testenv.Need(t, "docker-registry")
	dir := t.TempDir()
	fake.MakeCerts(t, dir)
	d := debian{host: freeAddress(t), certs: filepath.Join(dir, "certs.d")}
	if err := os.Mkdir(d.certs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "ca.crt"), filepath.Join(d.certs, "ca.crt")); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %[1]s/data}}\nhttp: {addr: %[2]s, tls: {certificate: %[1]s/server.pem, key: %[1]s/server-key.pem}}\nauth: {htpasswd: {realm: test, path: %[1]s/htpasswd}}\n", dir, d.host)
	for name, text := range map[string]string{"config.yml": config, "htpasswd": password + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.Command("docker-registry", "serve", filepath.Join(dir, "config.yml"))
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { defer close(gone); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if <-gone; t.Failed() {
			t.Logf("docker-registry, %v:\n%s", cmd.ProcessState, &log)
		}
	})
	for range 300 {
		c, err := net.Dial("tcp", d.host)
		if err == nil {
			c.Close()
			return d
		}
		select {
		case <-gone:
			t.Fatal("docker-registry ended")
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("docker-registry does not answer")
	return d
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (d debian) user(t *testing.T, name string) *user {
	t.Helper()
	u := newUser(t, d.host+"/"+name)
	u.CertDir, u.Creds = d.certs, "user:secret"
	return u
}

// complete pulls an image and checks each byte of it, the second half of each blob in a request of its own.
func complete(t *testing.T, u *user) v1.Manifest {
	t.Helper()
	s := u.open(t)
	raw, _, err := s.Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if head, err := u.open(t).Head(t.Context()); err != nil || head != s.Tagged() || string(head) != sum(raw) {
		t.Errorf("%s: the head is %s, the manifest %s, %v", u.Name, head, sum(raw), err)
	}
	for _, b := range append(m.Layers, m.Config) {
		d := image.Digest(b.Digest.String())
		whole, err := readAll(t, s, d, b.Size, 0)
		if err != nil || sum(whole) != string(d) {
			t.Fatalf("%s: %d bytes, %v", d, len(whole), err)
		}
		half, err := readAll(t, s, d, b.Size, b.Size/2)
		if err != nil || !bytes.Equal(half, whole[b.Size/2:]) {
			t.Errorf("the rest of %s: %d bytes, %v", d, len(half), err)
		}
	}
	return *m
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}

func TestDebiansRegistry(t *testing.T) {
	d := startDebian(t)
	img := makeImage(t)
	u := d.user(t, "a/b:1")
	if err := sent(t, u, img, PushOptions{}); err != nil {
		t.Fatal(err)
	}
	complete(t, u)
	// Another repository gets the layers from the first.
	second := d.user(t, "c/d:2")
	var mu sync.Mutex
	there := 0
	err := sent(t, second, img, PushOptions{From: []image.Name{u.Name}, Progress: func(up Upload) {
		mu.Lock()
		defer mu.Unlock()
		if up.There {
			there++
		}
	}})
	if err != nil || there != 4 {
		t.Errorf("%d of 4 blobs were there, %v", there, err)
	}
	if tags, err := Tags(t.Context(), second.Options); err != nil || !slices.Equal(tags, []string{"2"}) {
		t.Errorf("%q, %v", tags, err)
	}
	second.Name.Tag = "3"
	if _, err := second.manifest(t); !NotFound(err) {
		t.Error(err)
	}
	stranger := d.user(t, "a/b:1")
	stranger.Creds = "user:wrong"
	_, err = stranger.manifest(t)
	has(t, err, "401 Unauthorized", "the credentials are those of --creds")
	if !Denied(err) || len(stranger.waits) > 0 {
		t.Error(err)
	}
}

// run runs another tool, with a home of its own.
func run(t *testing.T, u *user, words ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Env = []string{"HOME=" + u.home, "XDG_RUNTIME_DIR=" + u.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + u.home}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s", words, err, &errs)
	}
	return string(out)
}

// What skopeo and buildah have sent, in both formats and with both kinds of compression, comes as it is.
func TestImagesOfOtherTools(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "skopeo", "buildah", "newuidmap")
	d := startDebian(t)
	home := d.user(t, "x:1")
	for name, flags := range map[string][]string{
		"oci-gzip": {"--format", "oci"}, "docker-gzip": {"--format", "v2s2"}, "oci-zstd": {"--format", "oci", "--dest-compress-format", "zstd"},
	} {
		from := uncompressed(t, home, name)
		run(t, home, slices.Concat([]string{"skopeo", "copy", "-q", "--dest-cert-dir", d.certs, "--dest-creds", "user:secret"}, flags, []string{from, "docker://" + d.host + "/skopeo:" + name})...)
		check(t, d, "skopeo:"+name, name)
	}
	storage := []string{"buildah", "--storage-driver", "vfs", "--root", home.home + "/storage", "--runroot", home.home + "/run"}
	for name, flags := range map[string][]string{"oci-gzip": {"--format", "oci"}, "docker-gzip": {"--format", "docker"}} {
		c := strings.TrimSpace(run(t, home, append(storage, "from", "scratch")...))
		home.write(t, "file", strings.Repeat("content ", 1000))
		run(t, home, append(storage, "add", c, home.home+"/file", "/file")...)
		run(t, home, slices.Concat(storage, []string{"commit", "-q", "--cert-dir", d.certs, "--creds", "user:secret"}, flags, []string{c, "docker://" + d.host + "/buildah:" + name})...)
		check(t, d, "buildah:"+name, name)
		run(t, home, append(storage, "rm", c)...)
	}
}

// uncompressed is an image for skopeo to send: it leaves layers as they are that are compressed already.
func uncompressed(t *testing.T, u *user, name string) string {
	t.Helper()
	packed := filepath.Join(u.home, "layout-"+name)
	path, err := layout.Write(packed, empty.Index)
	if err == nil {
		err = path.AppendImage(makeImage(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	open := "dir:" + filepath.Join(u.home, "dir-"+name)
	run(t, u, "skopeo", "copy", "-q", "--dest-decompress", "oci:"+packed, open)
	return open
}

// check pulls what a tool has sent and compares it with what skopeo sees.
func check(t *testing.T, d debian, name, kind string) {
	t.Helper()
	u := d.user(t, name)
	m := complete(t, u)
	got, mediaType, err := u.open(t).Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := run(t, u, "skopeo", "inspect", "--raw", "--cert-dir", d.certs, "--creds", "user:secret", "docker://"+d.host+"/"+name); want != string(got) {
		t.Errorf("%s: the manifest is %s\nfor skopeo %s", name, got, want)
	}
	format, compression, _ := strings.Cut(kind, "-")
	if len(m.Layers) == 0 || !strings.Contains(mediaType, format) || !strings.HasSuffix(string(m.Layers[0].MediaType), compression) {
		t.Errorf("%s: %s, %+v", name, mediaType, m.Layers)
	}
}
