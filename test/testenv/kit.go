package testenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Kit is what the tests of a package start containers with, made once by its TestMain.
type Kit struct {
	Urun, Probe string // the binaries
	dir         string
	rootfs      string // of which each test gets a copy
}

// NewKit builds the binaries and a busybox root filesystem with /bin/probe. As root, who runs no test, it is nil.
// Whoever calls it calls Close.
func NewKit() (*Kit, error) {
	if os.Getuid() == 0 {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "urun-test")
	if err != nil {
		return nil, err
	}
	os.Setenv("URUN_CONFIG", "none") // the defaults of whoever runs the tests are not the tests'
	k := &Kit{Urun: dir + "/bin/urun", Probe: dir + "/bin/probe", dir: dir, rootfs: dir + "/rootfs"}
	if err = Build(dir+"/bin", "./cmd/urun", "./cmd/urun-image", "./test/probe"); err == nil {
		if _, absent := exec.LookPath("busybox"); absent == nil {
			err = Busybox(k.rootfs, k.Probe)
		}
	}
	if err == nil {
		err = os.Chmod(dir, 0o755) // a subordinate id may read it, as it may a program of the user's
	}
	if err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// Close removes what NewKit made.
func (k *Kit) Close() {
	if k != nil {
		os.RemoveAll(k.dir)
	}
}

// Main is the TestMain of a package with a kit: it puts it where kit points to and runs the tests, see [Tidy].
func Main(m *testing.M, kit **Kit) {
	os.Exit(func() int {
		k, err := NewKit()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer k.Close()
		if status, done, err := k.again(); done || err != nil {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return status
		}
		*kit = k
		return Tidy(m.Run)
	}())
}

// Mappings runs a test with one id and with the full range. userns is the flag that asks for it.
func Mappings(t *testing.T, test func(t *testing.T, userns string)) {
	Unprivileged(t)
	t.Run("one id", func(t *testing.T) { test(t, "--userns=single") })
	t.Run("full range", func(t *testing.T) {
		if !HasRange() {
			Skip(t, "no subordinate ids, or no newuidmap")
		}
		test(t, "--userns=auto")
	})
}

// Rootfs is a root filesystem of the test's own, which it may spoil. Beside it there is nothing.
func (k *Kit) Rootfs(t testing.TB) string {
	t.Helper()
	Need(t, "busybox")
	dir := filepath.Join(k.Dir(t), "rootfs")
	if out, err := exec.Command("cp", "-a", k.rootfs, dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the rootfs: %v: %s", err, out)
	}
	return dir
}

// Dir is a directory for one test. Unlike t.TempDir it goes away whatever is in it: files of subordinate ids,
// directories without permissions.
func (k *Kit) Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(k.dir, "test")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if os.RemoveAll(dir) == nil {
			return
		}
		if out, err := exec.Command(k.Urun, "unshare", "rm", "-rf", dir).CombinedOutput(); err != nil {
			t.Errorf("remove %s: %v: %s", dir, err, out)
		}
	})
	return dir
}

// Canary makes a tree beside dir, and fails the test if it is another one at the end.
func Canary(t testing.TB, dir string) string {
	t.Helper()
	canary := filepath.Join(filepath.Dir(dir), "canary")
	if err := NewCanary(canary); err != nil {
		t.Fatal(err)
	}
	before, err := Listing(canary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if after, err := Listing(canary); err != nil || after != before {
			t.Errorf("the canary was changed: %v\nbefore:\n%s\nafter:\n%s", err, before, after)
		}
	})
	return canary
}

// Result is what became of a command.
type Result struct {
	Stdout, Stderr string
	Status         int   // -1 when a signal ended it
	MaxRSS         int64 // bytes, of it or of a process it waited for
}

// Deadline is how long any command of a test may take before it counts as hanging.
const Deadline = time.Minute

// Run runs urun with these arguments and nothing on its standard input.
func (k *Kit) Run(t testing.TB, args ...string) Result {
	t.Helper()
	return Finish(t, exec.Command(k.Urun, args...))
}

// Finish runs a command to its end; one that hangs fails the test.
func Finish(t testing.TB, c *exec.Cmd) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &stdout
	}
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatalf("start %v: %v", c.Args, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.Process.Kill() })
	c.WaitDelay = time.Second
	err := c.Wait()
	stop()
	if ctx.Err() != nil {
		t.Fatalf("%v hangs\nstdout: %s\nstderr: %s", c.Args, stdout.String(), stderr.String())
	}
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: c.ProcessState.ExitCode()}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", c.Args, err)
	}
	r.MaxRSS = maxRSS(c.ProcessState)
	return r
}

// Lines are those of stdout.
func (r Result) Lines() []string {
	return strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
}

// OK fails the test unless the command ended well and said nothing on stderr. Where the run [Lacks] something the test
// ends; what it has left to clean up and to compare at its end, it does.
func (r Result) OK(t testing.TB) {
	t.Helper()
	if r.Lacks(t) {
		t.SkipNow()
	}
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exit status %d\nstdout: %s\nstderr: %s", r.Status, r.Stdout, r.Stderr)
	}
}

// Refused fails the test unless urun ended with this status and one clear line on stderr that holds the words.
func (r Result) Refused(t testing.TB, status int, words ...string) {
	t.Helper()
	if r.Lacks(t) {
		return
	}
	line, more, ended := strings.Cut(r.Stderr, "\n")
	if r.Status != status || !ended || more != "" || !strings.HasPrefix(line, "urun: ") || len(line) < 30 || r.Stdout != "" {
		t.Fatalf("exit status %d, want %d and one line\nstdout: %s\nstderr: %s", r.Status, status, r.Stdout, r.Stderr)
	}
	for _, w := range words {
		if !strings.Contains(line, w) {
			t.Errorf("the line does not say %q: %s", w, line)
		}
	}
}
