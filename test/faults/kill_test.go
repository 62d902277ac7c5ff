package faults

import (
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/urun-project/urun/test/testenv"
)

func TestKilledDuringTheStart(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		testenv.Canary(t, rootfs)
		w, env := watches(t)
		early := 0
		for i := range 200 {
			args := []string{userns, "-v", rootfs + "/home:/mnt/x", rootfs, "sh", "-c", "echo started; exec sleep 1000"}
			if i%2 == 1 {
				args = append([]string{"-t"}, args...)
			}
			c := exec.Command(kit.Urun, args...)
			c.Env = env
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.IntN(int(12 * time.Millisecond))))
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			// The pipe ends when the last process that holds it has ended: before that, something lives on.
			said := make(chan string)
			go func() {
				b, _ := io.ReadAll(out)
				said <- string(b)
			}()
			select {
			case s := <-said:
				if !strings.Contains(s, "started") {
					early++
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("run %d: killed, and something still holds its output: %v", i, w.left())
			}
			// It was killed: that is no error here.
			_ = c.Wait()
		}
		w.nothingIsLeft()
		t.Logf("%d of 200 had not started the command", early)
		if early < 20 {
			t.Errorf("only %d of 200 were killed before the command ran", early)
		}
	})
}

func TestKilledWhileItRuns(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		for _, mode := range []string{"--no-tty", "-t", "--no-init", "--pid=host", "--ephemeral"} {
			c := exec.Command(kit.Urun, userns, mode, rootfs, "sh", "-c", "sleep 1000 & setsid sleep 1000 & echo started; exec sleep 1000")
			c.Env = env
			startAndSay(t, c, "started")
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait()
			if mode == "--pid=host" {
				// Nothing ends what the command left behind: there is no pid namespace. It itself ends.
				time.Sleep(200 * time.Millisecond)
				for _, p := range w.left() {
					if !strings.HasSuffix(p, " sleep") {
						t.Errorf("left is %s", p)
					}
					end(t, p)
				}
			}
			w.nothingIsLeft()
		}
	})
}

// startAndSay starts the command, waits until it has said so much, and gives the rest
// of what it says.
func startAndSay(t *testing.T, c *exec.Cmd, words string) io.Reader {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len(words))); err != nil {
		t.Fatal(err)
	}
	return out
}

func end(t *testing.T, process string) {
	t.Helper()
	pid, _, _ := strings.Cut(process, " ")
	if out, err := exec.Command("kill", "-9", pid).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestTheFirstProcessIsKilled(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		c := exec.Command(kit.Urun, userns, "--net=none", rootfs, "sh", "-c", "kill -9 1; sleep 0.1; echo a container cannot; exec sleep 1000")
		c.Env = env
		out := startAndSay(t, c, "a container cannot")
		children, err := os.ReadFile("/proc/" + itoa(c.Process.Pid) + "/task/" + itoa(c.Process.Pid) + "/children")
		if err != nil {
			t.Fatal(err)
		}
		first := strings.Fields(string(children))
		if len(first) != 1 {
			t.Fatalf("the children of urun are %q", children)
		}
		end(t, first[0])
		go io.Copy(io.Discard, out)
		err = c.Wait()
		if c.ProcessState.ExitCode() != 137 {
			t.Errorf("%v, want exit status 137", err)
		}
		w.nothingIsLeft()
	})
}

func TestManyRunsLeaveNothing(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		runs := [][]string{
			{rootfs, "true"},
			{rootfs, "sh", "-c", "sleep 100 & exit 3"},
			{"--no-init", rootfs, "true"},
			{"--ephemeral", rootfs, "touch", "/x"},
			{"-v", rootfs + "/home:/mnt", "--tmpfs", "/scratch", rootfs, "true"},
			{"--read-only", rootfs, "true"},
			{"-t", rootfs, "true"},
			{rootfs, "no-such-command"},
			{"-w", "/nowhere", rootfs, "true"},
			{"--read-only", "/", "true"},
		}
		for i := range 500 {
			c := exec.Command(kit.Urun, append([]string{userns}, runs[i%len(runs)]...)...)
			c.Env = env
			testenv.Finish(t, c)
		}
		w.nothingIsLeft()
	})
}

// The terminal of a urun that was killed is its shell's business; the container is not.
func TestKilledWithATerminal(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		c := exec.Command(kit.Urun, userns, rootfs, "sh", "-c", "echo started; exec sleep 1000")
		c.Env = env
		master, err := pty.Start(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(master, make([]byte, len("started"))); err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		master.Close()
		w.nothingIsLeft()
	})
}
