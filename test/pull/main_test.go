// Package pull goes the whole way of an image, as people go it: made with the tools there are, pulled from a docker-registry
// on loopback, started, written to, looked at from outside, killed. Each test has a store of its own, in which
// nothing but images may be left at its end.
package pull

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

// place is where a test has its containers, its store and a registry.
type place struct {
	*testenv.Home
	*registry
	tools string // where other tools keep what is theirs
}

// here makes one. userns is the flag that asks for the id maps.
func here(t *testing.T, userns string, options ...option) *place {
	t.Helper()
	testenv.Unprivileged(t)
	testenv.Need(t, "docker-registry", "skopeo", "umoci", "buildah")
	if userns != "--userns=single" && !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	t.Parallel()
	p := &place{Home: kit.Home(t, userns), registry: serve(t, options...), tools: kit.Dir(t)}
	for _, dir := range []string{"r", "home"} {
		if err := os.Mkdir(filepath.Join(p.tools, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

const (
	full   = "--userns=auto"
	single = "--userns=single"
	keepID = "--userns=keep-id"
)

// tool runs another tool, with nothing of the user's own configuration.
func (p *place) tool(name string, args ...string) string {
	p.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "HOME="+p.tools+"/home", "XDG_RUNTIME_DIR="+p.tools+"/r", "TMPDIR="+p.tools, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=")
	c.Dir = p.tools
	r := testenv.Finish(p, c)
	if r.Status != 0 {
		p.Fatalf("%v: exit status %d\n%s%s", c.Args, r.Status, r.Stdout, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}

// pulled has urun pull an image, and starts come from it.
func (p *place) pulled(name string) {
	p.Helper()
	p.Run("pull", "-q", "--tls-verify=false", p.ref(name)).OK(p)
	p.Rootfs = p.ref(name)
}

// under has containers have other ids from here on. The first start says that the image is unpacked for them, once.
func (p *place) under(userns string) {
	p.Helper()
	p.Userns = userns
	r := p.Run(p.Args(nil, "true")...)
	if want := "urun: unpacking " + p.Rootfs + " for these ids, once\n"; r.Status != 0 || r.Stderr != want {
		p.Fatalf("exit status %d, %q; want %q", r.Status, r.Stderr, want)
	}
}

// inside runs a command in a container and gives what it prints.
func (p *place) inside(flags []string, command ...string) string {
	p.Helper()
	r := p.Run(p.Args(flags, command...)...)
	r.OK(p)
	return strings.TrimSpace(r.Stdout)
}

// prints fails the test unless a command in a container prints this.
func (p *place) prints(want string, command ...string) {
	p.Helper()
	if got := p.inside(nil, command...); got != want {
		p.Errorf("%q prints\n%s\nwant\n%s", command, got, want)
	}
}
