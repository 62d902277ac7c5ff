//go:build vm

package vm

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// urun is the program under test, rootfs a busybox root file system with the probe, which no test changes.
var urun, rootfs string

// where is user, session or root.
var where = os.Getenv("URUN_TEST_VM")

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "urun-vm")
		if err == nil {
			defer os.RemoveAll(dir)
			err = os.Chmod(dir, 0o755)
		}
		if err == nil {
			err = testenv.Build(dir+"/bin", "./cmd/urun", "./cmd/urun-netstack", "./cmd/urun-image", "./test/probe")
		}
		if err == nil {
			err = testenv.Busybox(dir+"/rootfs", dir+"/bin/probe")
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		urun, rootfs = dir+"/bin/urun", dir+"/rootfs"
		if out, err := exec.Command(urun, rootfs, "true").CombinedOutput(); err != nil { // makes the mount points
			fmt.Fprintf(os.Stderr, "%v: %s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// delegated tells whether the user has every controller.
func delegated() bool { return os.Getenv("URUN_TEST_DELEGATED") == "1" }

// only runs a test in the places that are named.
func only(t *testing.T, places ...string) {
	t.Helper()
	for _, p := range places {
		if p == where {
			return
		}
	}
	t.Skip("not for " + where)
}

// run runs urun to its end.
func run(t testing.TB, args ...string) testenv.Result {
	t.Helper()
	return testenv.Finish(t, exec.Command(urun, args...))
}

// inside runs a shell line in a container with these flags, and gives what it prints.
func inside(t testing.TB, line string, flags ...string) string {
	t.Helper()
	r := run(t, append(flags, rootfs, "sh", "-c", line)...)
	r.OK(t)
	return strings.TrimSuffix(r.Stdout, "\n")
}

// outcome is what --json says.
type outcome struct {
	ID        string `json:"id"`
	Status    int    `json:"exit_status"`
	OOMKilled bool   `json:"oom_killed"`
	OOMKills  int    `json:"oom_kills"`
	Cgroup    string `json:"cgroup"`
	Unit      string `json:"unit"`
	Error     string `json:"error"`
}

func readOutcome(t testing.TB, file string) (o outcome) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// background is a container that runs beside the test.
type background struct {
	*testing.T
	cmd    *exec.Cmd
	lines  chan string
	stderr strings.Builder
	ended  chan error
	name   string
}

// start starts a container and ends it with the test.
func start(t *testing.T, args ...string) *background {
	t.Helper()
	return startAs(t, exec.Command(urun, args...))
}

func startAs(t *testing.T, c *exec.Cmd) *background {
	t.Helper()
	b := &background{T: t, cmd: c, lines: make(chan string, 100000), ended: make(chan error, 1)}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = &b.stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan bool)
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			b.lines <- s.Text()
		}
		close(b.lines)
	}()
	go func() {
		<-read
		b.ended <- c.Wait()
	}()
	t.Cleanup(func() {
		if len(b.ended) == 0 {
			b.kill()
			_ = exec.Command(urun, "ps", "-q").Run() // collects what it has left, which is not of the test that follows
		}
	})
	return b
}

// sees waits for a line of its output.
func (b *background) sees(want string) {
	b.Helper()
	late := time.After(testenv.Deadline)
	for {
		select {
		case line, open := <-b.lines:
			if line == want {
				return
			}
			if !open {
				b.Fatalf("it ended without %q: %s", want, b.stderr.String())
			}
		case <-late:
			b.Fatalf("no line %q: %s", want, b.stderr.String())
		}
	}
}

// status waits for its end: the exit status, or 128+n after signal n.
func (b *background) status() int {
	b.Helper()
	select {
	case err := <-b.ended:
		b.ended <- err
	case <-time.After(testenv.Deadline):
		b.Fatalf("it does not end: %s", b.stderr.String())
	}
	ws := b.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

// kill kills urun itself, and with it the container.
func (b *background) kill() {
	_ = b.cmd.Process.Kill() // it may have ended
	select {
	case err := <-b.ended:
		b.ended <- err
	case <-time.After(testenv.Deadline):
		b.Errorf("urun does not end after SIGKILL")
	}
}

// stats is what urun stats --json says of one container.
func stats(t testing.TB, name string) map[string]any {
	t.Helper()
	r := run(t, "stats", "--no-stream", "--json", name)
	r.OK(t)
	var list []map[string]any
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, r.Stdout)
	}
	return list[0]
}

// nothingIsLeft fails the test unless all of these are gone: scopes of urun's, their cgroups, records, processes.
func nothingIsLeft(t testing.TB) {
	t.Helper()
	var left []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if left = remains(t); len(left) == 0 {
			return
		}
	}
	t.Fatalf("left behind: %v", left)
}

func remains(t testing.TB) []string {
	t.Helper()
	left, err := testenv.Running(urun)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), "urun-") && !strings.HasSuffix(d.Name(), ".slice") { // systemd keeps slices
			left = append(left, path)
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	records, err := filepath.Glob(stateDir() + "/*/*")
	if err != nil {
		t.Fatal(err)
	}
	return append(left, records...)
}

func stateDir() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir + "/urun"
	}
	return "/run/urun" // root's
}
