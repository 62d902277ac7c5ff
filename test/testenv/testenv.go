// Package testenv is what urun's tests need of the machine: the built binaries, root filesystems, and the rule about
// skips. A test may skip only for want of something a developer's machine need not have; where everything has to be
// there (URUN_TEST_MUST_RUN=1, as in continuous integration) the same want is a failure.
//
// It knows files and commands of this repository, and nothing of containers; it starts none.
package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Skip skips the test, or fails it where every test has to run.
func Skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("URUN_TEST_MUST_RUN") == "1" {
		t.Fatalf("must run here, and cannot: %s", reason)
	}
	t.Skip(reason)
}

// Unprivileged skips the test when it runs as root, even where every test has to run: urun is for people without
// root, and nothing that root sees counts. `make test` makes the user.
func Unprivileged(t testing.TB) {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("a rootless tool is tested as a normal user: see make test")
	}
}

// Need skips the test when a command is not installed.
func Need(t testing.TB, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil {
			Skip(t, c+" is not installed")
		}
	}
}

// HasRange reports whether the user of the test has subordinate ids and the programs that map them.
func HasRange() bool {
	u, err := user.Current()
	if err != nil {
		return false
	}
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		b, err := os.ReadFile(path)
		if err != nil || !listed(string(b), u) {
			return false
		}
	}
	for _, helper := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(helper); err != nil {
			return false
		}
	}
	return true
}

func listed(ranges string, u *user.User) bool {
	for line := range strings.Lines(ranges) {
		name, _, _ := strings.Cut(line, ":")
		if name == u.Username || name == u.Uid {
			return true
		}
	}
	return false
}

// Root is the top directory of the repository, or what there is of it where the tests were brought to
// (URUN_TEST_ROOT).
func Root() string {
	if dir := os.Getenv("URUN_TEST_ROOT"); dir != "" {
		return dir
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		panic("testenv: built with -trimpath, the repository cannot be found")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// Build builds commands of the repository, such as "./cmd/urun", as static programs into dir. On a machine without Go it
// copies those that were brought along (URUN_TEST_BIN).
func Build(dir string, packages ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if built := os.Getenv("URUN_TEST_BIN"); built != "" {
		for _, p := range packages {
			b, err := os.ReadFile(filepath.Join(built, filepath.Base(p)))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, filepath.Base(p)), b, 0o755)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-o", dir + "/"}, packages...)
	c := exec.Command("go", args...)
	c.Dir = Root()
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", strings.Join(packages, " "), err, out)
	}
	return nil
}

// Busybox makes a root filesystem of busybox in dir, with probe, a program, as /bin/probe when it is not "".
func Busybox(dir, probe string) error {
	if err := Script("hack/rootfs/busybox", dir); err != nil {
		return err
	}
	if probe == "" {
		return nil
	}
	b, err := os.ReadFile(probe)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bin/probe"), b, 0o755)
}

// Script runs one of the repository's own scripts.
func Script(path string, args ...string) error {
	c := exec.Command(filepath.Join(Root(), path), args...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", path, err, out)
	}
	return nil
}
