package pull

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/testenv"
)

// registry is a docker-registry on loopback.
type registry struct{ address string }

type option string // a line of its configuration

// serve starts one, which ends with the test.
func serve(t testing.TB, options ...option) *registry {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	dir := kit.Dir(t)
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\n", dir)
	if len(options) == 0 {
		options = []option{`http: {addr: "ADDRESS"}`}
	}
	for _, o := range options {
		config += string(o) + "\n"
	}
	file := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(config, "ADDRESS", address)), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("docker-registry", "serve", file)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it runs, or the test has failed already
		_ = c.Wait()
	})
	for end := time.Now().Add(testenv.Deadline); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return &registry{address}
		}
	}
	text, _ := os.ReadFile(log.Name()) // it was just made
	t.Fatalf("docker-registry does not answer at %s: %s", address, text)
	return nil
}

func (r *registry) ref(name string) string { return r.address + "/test/" + name + ":1" }

// push writes an image to the registry: ggcr makes it, skopeo copies it, with flags of its own.
func (p *place) push(name string, img v1.Image, flags ...string) {
	p.Helper()
	dir := filepath.Join(p.tools, "layout-"+name)
	images.OCI(p, dir, "1", img)
	args := append([]string{"--insecure-policy", "copy", "-q", "--dest-tls-verify=false"}, flags...)
	p.tool("skopeo", append(args, "oci:"+dir+":1", "docker://"+p.ref(name))...)
}
