package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Home is a place for the containers of one test: records, logs and an urun of its own, so that tests can run side by
// side and each can count what it has left.
type Home struct {
	testing.TB
	Urun, Rootfs   string
	Runtime, State string   // XDG_RUNTIME_DIR and XDG_STATE_HOME
	Data           string   // XDG_DATA_HOME, where the images are
	Userns         string   // the flag that asks for the id maps
	Env            []string // of every command
	dir            string
	mounts         []string
}

// mark is in the environment of every process of a Home, inside and outside.
const mark = "URUN_TEST_HOME"

// Home makes one with a root filesystem of its own. userns is a flag; "" is for as many ids as there are. When the test
// ends nothing of its containers may be left.
func (k *Kit) Home(t testing.TB, userns string) *Home {
	t.Helper()
	if userns == "" {
		userns = "--userns=single"
		if HasRange() {
			userns = "--userns=auto"
		}
	}
	h := &Home{TB: t, Rootfs: k.Rootfs(t), Userns: userns, dir: k.Dir(t)}
	h.Urun, h.Runtime, h.State, h.Data = h.dir+"/urun", h.dir+"/run", h.dir+"/state", h.dir+"/data"
	for _, name := range []string{"urun", "urun-image"} { // by their paths its processes are known
		if err := os.Link(filepath.Join(filepath.Dir(k.Urun), name), filepath.Join(h.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	h.Env = append(os.Environ(), mark+"="+h.dir, "XDG_RUNTIME_DIR="+h.Runtime, "XDG_STATE_HOME="+h.State, "XDG_DATA_HOME="+h.Data, "HOME="+h.dir+"/home", "TMPDIR="+h.dir+"/tmp")
	for _, d := range []string{h.Runtime, h.State, h.Data, h.dir + "/home", h.dir + "/tmp"} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if h.mounts, err = Mounts(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			h.NothingIsLeft()
		}
		for _, p := range h.Processes() {
			_ = syscall.Kill(p, syscall.SIGKILL) // it may have ended
		}
	})
	return h
}

// Command is urun with these arguments.
func (h *Home) Command(args ...string) *exec.Cmd { return h.Host(h.Urun, args...) }

// Host is another program, outside.
func (h *Home) Host(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = h.Env
	return c
}

// Run runs urun to its end.
func (h *Home) Run(args ...string) Result {
	h.Helper()
	return Finish(h, h.Command(args...))
}

// Args are those of urun that start a command in a container.
func (h *Home) Args(flags []string, command ...string) []string {
	return slices.Concat([]string{h.Userns, "--net=none", "-e", mark + "=" + h.dir}, flags, []string{"--", h.Rootfs}, command)
}

// Detach starts a container in the background and gives its id.
func (h *Home) Detach(flags []string, command ...string) (id string) {
	h.Helper()
	r := h.Run(h.Args(append([]string{"-d"}, flags...), command...)...)
	r.OK(h)
	if id = strings.TrimSpace(r.Stdout); len(id) != 64 {
		h.Fatalf("the id is %q", r.Stdout)
	}
	return id
}

// Inspected is a part of what urun inspect tells.
type Inspected struct {
	Id, Name, LogPath string
	State             struct {
		Status, Error                string
		Pid, SupervisorPid, ExitCode int
	}
}

// Inspect asks urun about a container.
func (h *Home) Inspect(name string) Inspected {
	h.Helper()
	r := h.Run("inspect", name)
	r.OK(h)
	var list []Inspected
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || len(list) != 1 {
		h.Fatalf("%v: %s", err, r.Stdout)
	}
	return list[0]
}

// All are the states of all containers, with the exit status of those that have ended: "running", "exited 3".
func (h *Home) All() []string {
	h.Helper()
	r := h.Run("ps", "-a", "--format", "{{.State}} {{.ExitCode}}")
	r.OK(h)
	var list []string
	for line := range strings.Lines(r.Stdout) {
		line = strings.TrimSpace(line)
		if state, _, _ := strings.Cut(line, " "); state != "exited" {
			line = state
		}
		list = append(list, line)
	}
	return list
}

// Until waits for a condition.
func (h *Home) Until(what string, done func() bool) {
	h.Helper()
	for end := time.Now().Add(Deadline); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	h.Fatalf("it does not happen that %s", what)
}

// Processes are those of this test's urun and of its containers.
func (h *Home) Processes() (pids []int) {
	entries, _ := os.ReadDir("/proc") // it is there
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// What cannot be read has ended, or is no longer what it was.
		line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		env, _ := os.ReadFile("/proc/" + e.Name() + "/environ")
		exe, _ := os.Readlink("/proc/" + e.Name() + "/exe")
		if bytes.Contains(line, []byte(h.dir)) || bytes.Contains(env, []byte(mark+"="+h.dir)) || strings.HasPrefix(exe, h.dir+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Descriptors are what a process has open.
func Descriptors(pid int) []string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, _ := os.ReadDir(dir) // of a process that has ended there is none
	var list []string
	for _, e := range entries {
		target, _ := os.Readlink(filepath.Join(dir, e.Name())) // it may be closed by now
		list = append(list, target)
	}
	slices.Sort(list)
	return list
}

// NothingIsLeft fails the test if there is a process, a mount, a record, a log or another file. What was killed takes a
// moment to end, and another urun has to look for what it has left.
func (h *Home) NothingIsLeft() {
	h.Helper()
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if left = h.left(); len(left) == 0 {
			return
		}
	}
	h.Errorf("left is\n%s", strings.Join(left, "\n"))
}

func (h *Home) left() (left []string) {
	h.Helper()
	for _, pid := range h.Processes() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have ended
		left = append(left, fmt.Sprintf("process %d %q", pid, line))
	}
	if len(left) > 0 {
		return left
	}
	if r := h.Run("ps", "-a"); r.Status != 0 {
		h.Fatalf("urun ps -a: exit status %d, %s", r.Status, r.Stderr)
	}
	now, err := Mounts()
	if err != nil {
		h.Fatal(err)
	}
	for _, m := range now {
		if strings.Contains(m, h.dir) && !slices.Contains(h.mounts, m) {
			left = append(left, "mount "+m)
		}
	}
	ours := []string{h.dir, h.Urun, h.dir + "/urun-image", h.dir + "/urun-netstack", h.dir + "/data", h.Runtime, h.Runtime + "/urun", h.Runtime + "/urun/lock", h.Runtime + "/urun/swept", h.State, h.State + "/urun", h.dir + "/home", h.dir + "/tmp"}
	err = filepath.WalkDir(h.dir, func(path string, _ fs.DirEntry, err error) error {
		if path == h.Data+"/urun" { // images stay
			left = append(left, h.halfDone()...)
			return fs.SkipDir
		}
		if !slices.Contains(ours, path) {
			left = append(left, "file "+path)
		}
		return err
	})
	if err != nil {
		left = append(left, err.Error())
	}
	return left
}

// halfDone is what there is in the store beside images: what containers have written, what is being made or fetched.
func (h *Home) halfDone() (left []string) {
	for _, pattern := range []string{"containers/*", "images/tmp/*", "images/partial/*"} {
		found, _ := filepath.Glob(h.Data + "/urun/" + pattern) // the pattern is right
		for _, path := range found {
			if filepath.Ext(path) != ".lock" {
				left = append(left, "file "+path)
			}
		}
	}
	return left
}
