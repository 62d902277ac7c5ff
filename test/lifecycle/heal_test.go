package lifecycle

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestTheSupervisorIsKilled(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		id := h.Detach([]string{"--name", "a"}, "sh", "-c", "echo before; sleep 1000 & exec sleep 1000")
		h.Detach([]string{"--rm", "--name", "b"}, "sleep", "1000")
		h.Until("the log has a line", func() bool { return h.Run("logs", "a").Stdout == "before\n" })
		kill(h, h.Inspect("b").State.SupervisorPid)
		kill(h, h.Inspect("a").State.SupervisorPid)
		h.Until("all of the containers is gone", func() bool { return len(h.Processes()) == 0 })
		shows(h, "exited 137")
		if why := h.Inspect("a").State.Error; !strings.Contains(why, "urun was killed") {
			h.Errorf("why it ended is said to be %q", why)
		}
		if r := h.Run("logs", "a"); r.Stdout != "before\n" || r.Stderr != "" {
			h.Errorf("the log is %q, %s", r.Stdout, r.Stderr)
		}
		h.Run("exec", "a", "true").Refused(h, 125, `"a"`, "does not run")
		h.Run("attach", "a").Refused(h, 125, `"a"`, "does not run")
		if r := h.Run("wait", "a"); r.Stdout != "137\n" {
			h.Errorf("wait: %q %s", r.Stdout, r.Stderr)
		}
		h.Run("stop", "a").OK(h)
		h.Run("rm", id).OK(h)
	})
}

func TestTheFirstProcessIsKilled(t *testing.T) {
	homes(t, func(h *testenv.Home) {
		// From inside SIGKILL does not reach it, but the command's own children can be killed.
		h.Detach([]string{"--name", "a"}, "sh", "-c", "kill -9 1; sleep 1000 & kill -9 $!; wait $!; echo $?; exec sleep 1000")
		h.Until("the log has a line", func() bool { return h.Run("logs", "a").Stdout == "137\n" })
		kill(h, h.Inspect("a").State.Pid)
		// SIGTERM it passes on.
		h.Detach([]string{"--name", "b"}, "sh", "-c", "trap 'exit 3' TERM; kill 1; while :; do sleep 0.01; done")
		if r := h.Run("wait", "a", "b"); r.Stdout != "137\n3\n" {
			h.Errorf("wait says %q %s", r.Stdout, r.Stderr)
		}
		if all := h.All(); len(all) != 2 || all[0] != "exited 3" || all[1] != "exited 137" {
			h.Errorf("ps -a shows %q", all)
		}
		h.Run("rm", "-a").OK(h)
	})
}

// What a crash, a full disk or another program has made of a record is no reason to refuse every command.
func TestARecordThatIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "torn": `{"id":"`, "of another shape": `[1,2]`, "of another container": `{"id":"1111"}`, "null": "null", "no text": "\x00\x00\xff",
	} {
		t.Run(name, func(t *testing.T) {
			h := home(t)
			running := h.Detach([]string{"--name", "running"}, "sleep", "1000")
			ended := h.Detach([]string{"--name", "ended"}, "true")
			h.Run("wait", "ended").OK(t)
			h.Detach([]string{"--name", "good"}, "sleep", "1000")
			for _, id := range []string{running, ended} {
				if err := os.WriteFile(record(h, id)+"/state.json", []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// A record that no container has, and what is no record at all.
			for _, dir := range []string{strings.Repeat("2", 64), "no-id"} {
				if err := os.Mkdir(h.Runtime+"/urun/"+dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			r := h.Run("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}")
			r.OK(t)
			if !strings.Contains(r.Stdout, " good running\n") || !strings.Contains(r.Stdout, running) || strings.Contains(r.Stdout, ended) {
				t.Errorf("ps shows\n%s", r.Stdout)
			}
			h.Run("exec", "good", "true").OK(t)
			// It runs, and nobody knows what it is: to be told apart from one that is not there.
			for _, verb := range [][]string{{"exec", running, "true"}, {"kill", running}, {"stop", running}, {"rm", "-f", running}} {
				h.Run(verb...).Refused(t, 125, "spoilt", record(h, running)+"/lock")
			}
			kill(t, supervisor(h, running)) // as that says
			h.Run("rm", "-f", "good").OK(t)
			removeLogs(h) // nobody could know whose they are
			for _, name := range []string{"running", "ended"} {
				_ = os.Remove(h.Runtime + "/urun/name." + name) // which is taken by nobody
			}
		})
	}
}

// supervisor is the urun of the container.
func supervisor(h *testenv.Home, id string) int {
	h.Helper()
	for _, pid := range h.Processes() {
		for _, target := range testenv.Descriptors(pid) {
			if target == record(h, id)+"/lock" {
				return pid
			}
		}
	}
	h.Fatalf("no process holds the lock of %s", id)
	return 0
}

func removeLogs(h *testenv.Home) {
	h.Helper()
	h.Until("no urun writes a log", func() bool { return len(h.Processes()) == 0 })
	if err := os.RemoveAll(h.State + "/urun"); err != nil {
		h.Fatal(err)
	}
}

func TestTheMachineWasRestarted(t *testing.T) {
	h := home(t)
	kept := h.Detach([]string{"--name", "kept"}, "sh", "-c", "echo from before; exec sleep 1000")
	other := h.Detach([]string{"--rm", "--name", "other"}, "sleep", "1000")
	h.Until("the log has a line", func() bool { return h.Run("logs", "kept").Stdout != "" })
	for _, id := range []string{kept, other} {
		pid := supervisor(h, id)
		h.Until("the process runs", func() bool { return alive(pid) })
		kill(t, pid)
	}
	h.Until("their locks are free", func() bool { return !locked(h, kept) && !locked(h, other) })
	for _, id := range []string{kept, other} {
		change(h, id, func(r map[string]any) {
			r["boot_id"] = "00000000-0000-0000-0000-000000000000"
			r["pid"], r["urun_pid"] = os.Getpid(), os.Getpid() // which is another's by now
		})
	}
	shows(h, "exited 137")
	if why := h.Inspect("kept").State.Error; why != "the machine was restarted" {
		t.Errorf("why it ended is said to be %q", why)
	}
	h.Run("exec", "kept", "true").Refused(t, 125, "does not run")
	h.Run("kill", "kept").Refused(t, 125, "does not run")
	h.Run("stop", "kept").OK(t)
	if r := h.Run("logs", "kept"); r.Stdout != "from before\n" {
		t.Errorf("the log is %q, %s", r.Stdout, r.Stderr)
	}
	h.Detach([]string{"--replace", "--name", "kept"}, "true")
	h.Run("wait", "kept").OK(t)
	h.Run("rm", "kept").OK(t)
}

// change writes something else into the record of a container that is dead.
func change(h *testenv.Home, id string, do func(map[string]any)) {
	h.Helper()
	path := record(h, id) + "/state.json"
	text, err := os.ReadFile(path)
	var r map[string]any
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil {
		do(r)
		text, err = json.Marshal(r)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		h.Fatal(err)
	}
}

// shows waits until urun ps -a tells of these: a process that was killed has let go of its memory before it lets go of
// its files.
func shows(h *testenv.Home, states ...string) {
	h.Helper()
	h.Until("ps -a shows "+strings.Join(states, ", "), func() bool { return slices.Equal(h.All(), states) })
}

// locked tells whether the container's urun holds the lock of its record.
func locked(h *testenv.Home, id string) bool {
	h.Helper()
	f, err := os.Open(record(h, id) + "/lock")
	if err != nil {
		h.Fatal(err)
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// A record whose lock is held by a stopped urun is one that runs: nothing of it is taken away.
func TestAStoppedSupervisor(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a"}, "sh", "-c", "while sleep 0.01; do :; done")
	pid := h.Inspect("a").State.SupervisorPid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if all := h.All(); len(all) != 1 || all[0] != "running" {
		t.Errorf("ps -a shows %q", all)
	}
	h.Run("exec", "a", "true").OK(t)
	h.Run("rm", "a").Refused(t, 125, "running")
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	h.Run("rm", "-f", "a").OK(t)
}

func TestAFirstProcessThatIsStopped(t *testing.T) {
	h := home(t)
	h.Detach([]string{"--name", "a"}, "sleep", "1000")
	if err := syscall.Kill(h.Inspect("a").State.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.Run("stop", "-t", "0", "a").OK(t)
	if all := h.All(); len(all) != 1 || all[0] != "exited 137" {
		t.Errorf("ps -a shows %q", all)
	}
	h.Run("rm", "a").OK(t)
}

func TestADirectoryThatIsGone(t *testing.T) {
	h := home(t)
	id := h.Detach([]string{"--name", "a"}, "sh", "-c", "echo; exec sleep 1000")
	pid := supervisor(h, id)
	if err := os.RemoveAll(h.Runtime + "/urun"); err != nil {
		t.Fatal(err)
	}
	if all := h.All(); len(all) != 0 {
		t.Errorf("ps -a shows %q", all)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil { // as a logout does
		t.Fatal(err)
	}
	h.Until("all of it is gone", func() bool { return len(h.Processes()) == 0 })
	removeLogs(h)
}
