package faults

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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
		tasks, err := filepath.Glob("/proc/" + itoa(c.Process.Pid) + "/task/*/children") // of the thread that cloned it
		if err != nil {
			t.Fatal(err)
		}
		var first []string
		for _, task := range tasks {
			children, _ := os.ReadFile(task) // a thread may end
			first = append(first, strings.Fields(string(children))...)
		}
		if len(first) != 1 {
			t.Fatalf("the children of urun are %q", first)
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

// 500 invocations of all kinds, of which some fail, leave nothing: no process, mount, cgroup, descriptor, record or file.
func TestManyRunsLeaveNothing(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		w, env := watches(t)
		const invocations = 500
		type invocation struct {
			status int
			args   []string
		}
		run := func(status int, args ...string) invocation {
			return invocation{status, append([]string{userns}, args...)}
		}
		background := "many-" + itoa(os.Getpid())
		list := []invocation{
			run(0, rootfs, "true"),
			run(3, rootfs, "sh", "-c", "sleep 100 & exit 3"),
			run(0, "--no-init", rootfs, "true"),
			run(0, "--ephemeral", rootfs, "touch", "/x"),
			run(0, "-v", rootfs+"/home:/mnt", "--tmpfs", "/scratch", rootfs, "true"),
			run(0, "--read-only", rootfs, "true"),
			run(0, "-t", rootfs, "true"),
			run(127, rootfs, "no-such-command"),
			run(125, "-w", "/nowhere", rootfs, "true"),
			run(125, "-v", "/nowhere:/mnt", rootfs, "true"),
			run(0, "--read-only", "-w", "/", "/", "true"),
			run(0, "-d", "--name", background, rootfs, "sleep", "1000"),
			run(125, "-d", "--name", background, rootfs, "sleep", "1000"), // the name is taken
			{0, []string{"exec", background, "true"}},
			{0, []string{"exec", "-t", background, "true"}},
			{0, []string{"exec", "-d", background, "true"}},
			{127, []string{"exec", background, "no-such-command"}},
			{0, []string{"rm", "-f", background}},
			run(0, "-d", "--rm", rootfs, "true"),
			run(127, "-d", rootfs, "no-such-command"),
		}
		for i := range invocations {
			c := exec.Command(kit.Urun, list[i%len(list)].args...)
			c.Env = env
			if r := testenv.Finish(t, c); r.Status != list[i%len(list)].status {
				t.Fatalf("%q: exit status %d, %s", c.Args, r.Status, r.Stderr)
			}
		}
		w.nothingIsLeft()
		cgroups := 0
		err := filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
			if cgroups++; d != nil && d.IsDir() && strings.Contains(d.Name(), background) {
				t.Errorf("the cgroup %s is left", path)
			}
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) { // others' come and go
				return nil
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%d invocations of %d kinds: 0 processes, mounts, cgroups (of %d files there), descriptors, records and files are left", invocations, len(list), cgroups)
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
