package cgroup2

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// busConfig is a bus that starts no service and lets everyone of this user do everything.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
  %s
</busconfig>
`

// bus starts a bus of the test's own and gives its address and what ends it. more is more of its configuration.
func bus(t *testing.T, more string) (address string, end func()) {
	t.Helper()
	testenv.Need(t, "dbus-daemon")
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	must(t, os.WriteFile(config, fmt.Appendf(nil, busConfig, dir+"/bus", more), 0o644))
	c := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address")
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	defer log.Close()
	c.Stderr = log
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
	t.Cleanup(end)
	// It prints the address once it listens.
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "unix:path=") {
		why, _ := os.ReadFile(log.Name())
		t.Fatalf("dbus-daemon says %q, %v\n%s", line, err, why)
	}
	return "unix:path=" + dir + "/bus", end
}

// sealed fails the test when goroutines of a connection or descriptors are left once all that the test has started
// later is ended.
func sealed(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe() // with the first file the runtime opens its own descriptors
	must(t, err)
	r.Close()
	w.Close()
	fds, conns := descriptors(t), connections()
	t.Cleanup(func() {
		settles(t, "descriptors", fds, func() int { return descriptors(t) })
		settles(t, "goroutines of connections", conns, connections)
	})
}

// settles waits a moment for what is just ending.
func settles(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	n := count()
	for end := time.Now().Add(10 * time.Second); n > want && time.Now().Before(end); n = count() {
		time.Sleep(5 * time.Millisecond)
	}
	if n > want {
		buf := make([]byte, 1<<20)
		t.Errorf("%d %s are left, and there were %d\n%s", n, what, want, buf[:runtime.Stack(buf, true)])
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

// connections is how many goroutines work for D-Bus connections.
func connections() int {
	buf := make([]byte, 1<<20)
	n := 0
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "godbus") {
			n++
		}
	}
	return n
}
