//go:build vm

package vm

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// A systemd as the container's first process, from the host's own files, makes cgroups in its own and starts services.
func TestASystemdInsideManagesItsCgroup(t *testing.T) {
	testenv.Unprivileged(t)
	b := start(t, "--name", "inner", "--userns", "auto", "-u", "0", "--ephemeral", "--no-init", "--no-tty", "--cgroup-writable", "-m", "500m",
		"--tmpfs", "/run", "--tmpfs", "/run/lock", "-e", "container=urun", "/", "/usr/lib/systemd/systemd", "--unit=basic.target")
	late := time.Now().Add(testenv.Deadline)
	for {
		if run(t, "stats", "--no-stream", "inner").Status == 0 {
			procs, err := os.ReadFile(scopeOf(t, "inner") + "/container/init.scope/cgroup.procs")
			if err == nil && len(procs) > 0 {
				break
			}
		}
		if time.Now().After(late) {
			t.Fatalf("there is no init.scope with a process: %s", b.stderr.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
	if got := readFile(t, scopeOf(t, "inner")+"/memory.max"); got != "524288000" {
		t.Errorf("memory.max is %q", got)
	}
	run(t, "kill", "inner").OK(t)
	b.status()
	nothingIsLeft(t)
}

// scopeOf is the cgroup that the container began in, whatever it has made below that.
func scopeOf(t *testing.T, name string) string {
	t.Helper()
	at := cgroupOf(t, name)
	i := strings.Index(at, "/urun-"+name+".scope")
	if i < 0 {
		t.Fatalf("it is in %s", at)
	}
	return at[:i] + "/urun-" + name + ".scope"
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
