package lifecycle

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// atOnce starts n commands side by side and gives what became of each.
func atOnce(h *testenv.Home, n int, command func(i int) *exec.Cmd) []testenv.Result {
	h.Helper()
	list := make([]testenv.Result, n)
	hung := make([]bool, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var stdout, stderr bytes.Buffer
			c := command(i)
			c.Stdout, c.Stderr = &stdout, &stderr
			if err := c.Start(); err != nil {
				list[i] = testenv.Result{Status: -1, Stderr: err.Error()}
				return
			}
			stop := time.AfterFunc(testenv.Deadline, func() { hung[i] = true; c.Process.Kill() })
			_ = c.Wait() // its status tells
			stop.Stop()
			list[i] = testenv.Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: c.ProcessState.ExitCode()}
		})
	}
	all.Wait()
	if i := slices.Index(hung, true); i >= 0 {
		h.Fatalf("the command %d hangs: %s%s", i, list[i].Stdout, list[i].Stderr)
	}
	return list
}

func TestFiftyStartsWithOneName(t *testing.T) {
	h := home(t)
	won := 0
	for _, r := range atOnce(h, 50, func(int) *exec.Cmd {
		return h.Command(h.Args([]string{"-d", "--name", "same"}, "sleep", "1000")...)
	}) {
		if r.Status == 0 {
			won++
			continue
		}
		r.Refused(t, 125, `"same"`, "is running")
	}
	if all := h.All(); won != 1 || len(all) != 1 || all[0] != "running" {
		t.Errorf("%d have won, ps -a shows %q", won, all)
	}
	h.Until("nothing of the others is left", func() bool { return len(h.Processes()) == 3 }) // urun, the init, sleep
	h.Run("rm", "-f", "same").OK(t)
}

func TestReplacedByTwentyAtOnce(t *testing.T) {
	h := home(t)
	for _, r := range atOnce(h, 20, func(int) *exec.Cmd {
		return h.Command(h.Args([]string{"-d", "--replace", "--name", "same"}, "sleep", "1000")...)
	}) {
		if r.Status != 0 {
			r.Refused(t, 125)
		}
	}
	if r := h.Run("ps", "-a", "--format", "{{.Names}}"); strings.Count(r.Stdout, "same\n") != 1 {
		t.Errorf("ps -a shows %q", r.Stdout)
	}
	h.Run("rm", "-f", "same").OK(t)
}

func TestAHundredExecsAtOnce(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		pid := h.Inspect("a").State.SupervisorPid
		before := testenv.Descriptors(pid)
		for i, r := range atOnce(h, 100, func(i int) *exec.Cmd {
			return h.Command("exec", "a", "sh", "-c", "echo out $1; echo err $1 >&2; exit $1", "sh", fmt.Sprint(i))
		}) {
			if r.Status != i || r.Stdout != fmt.Sprintf("out %d\n", i) || r.Stderr != fmt.Sprintf("err %d\n", i) {
				h.Errorf("%d: exit status %d, %q, %q", i, r.Status, r.Stdout, r.Stderr)
			}
		}
		for _, r := range atOnce(h, 20, func(i int) *exec.Cmd { return h.Command("exec", "-d", "a", "true") }) {
			r.OK(h)
		}
		h.Until("nothing of them is left", func() bool { return len(h.Processes()) == 3 })
		if after := testenv.Descriptors(pid); !slices.Equal(after, before) {
			h.Errorf("urun's descriptors were\n%q and are\n%q", before, after)
		}
		h.Run("rm", "-f", "a").OK(h)
	})
}

// However late it comes, a command that did not run to its end has not ended well.
func TestAContainerThatEndsUnderAnExec(t *testing.T) {
	h := home(t)
	refused, killed := 0, 0
	for i := range 60 {
		h.Detach([]string{"--rm", "--name", "a"}, "sleep", "1000")
		done := make(chan testenv.Result)
		go func() {
			r := atOnce(h, 1, func(int) *exec.Cmd { return h.Command("exec", "a", "sh", "-c", "sleep 1000; echo ended well") })
			done <- r[0]
		}()
		time.Sleep(time.Duration(i) * 150 * time.Microsecond)
		h.Run("kill", "-s", "KILL", "a").OK(t)
		switch r := <-done; r.Status {
		case 137: // it was running
			killed++
		case 125:
			refused++
			oneLine(t, r.Stderr)
			if !strings.Contains(r.Stderr, `"a"`) {
				t.Errorf("after %d × 150 µs: %s", i, r.Stderr)
			}
		default:
			t.Errorf("after %d × 150 µs: exit status %d, %q, %q", i, r.Status, r.Stdout, r.Stderr)
		}
		h.Until("it is gone", func() bool { return len(h.All()) == 0 })
	}
	t.Logf("%d were refused, %d were killed", refused, killed)
}

func TestAThousandOrphansAreReaped(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a"}, "sh", "-c", "i=0; while [ $i -lt 1000 ]; do (true &); i=$((i+1)); done; echo made; exec sleep 1000")
	h.Until("they are made", func() bool { return h.Run("logs", "a").Stdout == "made\n" })
	for range 20 { // whose parent is the init, too, when their urun does not wait
		h.Run("exec", "-d", "a", "sh", "-c", "true & exit 3").OK(t)
	}
	h.Until("none is left", func() bool { return strings.Count(h.Run("top", "a", "pid").Stdout, "\n") == 3 })
	h.Run("rm", "-f", "a").OK(t)
}

// Keeps away: a container that ended took away the files of the next one with the same names; one whose start had to
// begin again, here without a network, lost that of --cidfile.
func TestFilesOfAnother(t *testing.T) {
	h := home(t)
	files := []string{"--cidfile", h.Runtime + "/id", "--pidfile", h.Runtime + "/pid"}
	for range 40 {
		h.Detach(append(files, "--rm"), "true")
		h.Until("they are gone", func() bool {
			_, id := os.Stat(h.Runtime + "/id")
			_, pid := os.Stat(h.Runtime + "/pid")
			return os.IsNotExist(id) && os.IsNotExist(pid)
		})
		r := h.Run(h.Args(files, "true")...)
		r.OK(t)
	}
	tools := h.Runtime + "/tools"
	if err := os.Mkdir(tools, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"slirp4netns", "pasta"} {
		if err := os.WriteFile(tools+"/"+name, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := h.Command(slices.Concat([]string{"-d", "--name", "a", h.Userns, "-e", "URUN_TEST_HOME=" + filepath.Dir(h.Urun)}, files, []string{h.Rootfs, "sleep", "1000"})...)
	c.Env = append(c.Env, "PATH="+tools+":"+os.Getenv("PATH"))
	r := testenv.Finish(t, c)
	id, err := os.ReadFile(h.Runtime + "/id")
	if r.Status != 0 || err != nil || string(id)+"\n" != r.Stdout {
		t.Errorf("exit status %d, %q, %s, the file has %q, %v", r.Status, r.Stdout, r.Stderr, id, err)
	}
	if pid, err := os.ReadFile(h.Runtime + "/pid"); err != nil || string(pid) != fmt.Sprint(h.Inspect("a").State.Pid) {
		t.Errorf("the file has %q, %v", pid, err)
	}
	if err := os.RemoveAll(tools); err != nil {
		t.Fatal(err)
	}
	h.Run("rm", "-f", "a").OK(t)
}
