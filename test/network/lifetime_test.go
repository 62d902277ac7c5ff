package network

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

func TestAHundredRunsLeaveNothing(t *testing.T) {
	before := []string(nil)
	inTurn(t, func(t *testing.T, d driver) {
		before = left(t)
		for i := range 15 {
			at := port()
			flags := [][]string{nil, {"-p", at + ":80"}, {"--userns=single"}, {"--name", "again", "-p", at + ":80", "-p", at + ":80/udp"}, {"--no-init"}}[i%5]
			r := testenv.Finish(t, d.run(append(flags, "--", "sh", "-c", "sleep 100 & exit 3")...))
			if r.Status != 3 || r.Stderr != "" {
				t.Fatalf("with %v: exit status %d\n%s", flags, r.Status, r.Stderr)
			}
		}
		nothingIsLeft(t, before)
	})
}

func TestAKilledUrunLeavesNothing(t *testing.T) {
	inTurn(t, func(t *testing.T, d driver) {
		before := left(t)
		at := port()
		c, _ := served(t, d.run("-p", at+":80", "--", "probe", "serve", "echo", "tcp", ":80"))
		says(t, "ok 4", fromHost(t, "many", "127.0.0.1:"+at, "4"))
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.ended()
		nothingIsLeftOfKilled(t, before)
	})
}

func TestKilledAtAnyMomentOfTheStart(t *testing.T) {
	inTurn(t, func(t *testing.T, d driver) {
		before := left(t)
		for range 15 {
			c := d.run("-p", port()+":80", "--", "sleep", "100")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.IntN(int(40 * time.Millisecond)))) // the moment
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // it was killed
		}
		nothingIsLeftOfKilled(t, before)
	})
}

// The command goes on and its exit status is its own; that it has no network any more is said.
func TestAHelperThatDies(t *testing.T) {
	inTurn(t, func(t *testing.T, d driver) {
		before := left(t)
		c := d.loud("--name", "orphaned", "-p", port()+":80", "--", "sh", "-c", "echo ready; read x; exit 7")
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, c)
		p.line("ready")
		dead := helpers(t, c.Process.Pid)
		for _, pid := range dead {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		if len(dead) == 0 {
			t.Fatal("there is no helper")
		}
		eventually(t, "a line about it", func() bool { return strings.Contains(p.stderr.String(), "network") })
		if r := testenv.Finish(t, host(urun, "inspect", "--format", "{{.NetworkSettings.Ended}}", "orphaned")); strings.TrimSpace(r.Stdout) == "" {
			t.Errorf("urun inspect says nothing of it: %s%s", r.Stdout, r.Stderr)
		}
		if _, err := in.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		if status := p.ended(); status != 7 {
			t.Errorf("exit status %d, the command's is 7\n%s", status, p.stderr.String())
		}
		if n := strings.Count(p.stderr.String(), "network"); n > len(dead) {
			t.Errorf("urun says it %d times: %q", n, p.stderr.String())
		}
		nothingIsLeft(t, before)
	})
}

// helpers are the children of a urun that carry packets or connections for it.
func helpers(t testing.TB, urun int) (pids []int) {
	t.Helper()
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(urun) + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		if err != nil {
			t.Fatal(err)
		}
		for _, child := range strings.Fields(string(children)) {
			exe, _ := os.Readlink("/proc/" + child + "/exe") // refused for a process of another user
			name, _, _ := strings.Cut(filepath.Base(exe), ".")
			pid, err := strconv.Atoi(child)
			if err == nil && (name == "slirp4netns" || name == "pasta" || name == "passt" || name == "urun-netstack") {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
