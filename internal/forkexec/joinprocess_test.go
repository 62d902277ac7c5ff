package forkexec

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// links are the namespaces of a process that the test may look at.
func links(t *testing.T, pid string) map[string]string {
	t.Helper()
	of := map[string]string{}
	for _, kind := range []string{"user", "net", "mnt", "pid", "uts", "ipc"} {
		to, err := os.Readlink("/proc/" + pid + "/ns/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		of[kind] = to
	}
	return of
}

const all = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC

// One descriptor of a process stands for as many of its namespaces as are asked for, in one step.
func TestAChildIsClonedInTheNamespacesOfAProcess(t *testing.T) {
	pid := dwells(t, unix.CLONE_NEWNS|unix.CLONE_NEWPID|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC)
	process := pidfd(t, pid)
	theirs, ours := links(t, strconv.Itoa(pid)), links(t, "self")
	for kind, link := range theirs {
		if ours[kind] == link {
			t.Fatalf("both are in %s", link)
		}
	}
	const script = `for n in user net mnt pid uts ipc; do readlink /proc/self/ns/$n; done >"$0"`
	before := left(t)
	for name, tt := range map[string]struct {
		types   uintptr
		unshare uintptr
		inside  string // which of the namespaces are the process's
	}{
		"all":                       {all, 0, "user net mnt pid uts ipc"},
		"three":                     {unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID, 0, "user mnt pid"},
		"the user namespace":        {unix.CLONE_NEWUSER, 0, "user"},
		"some, and one that is new": {unix.CLONE_NEWUSER | unix.CLONE_NEWNET, unix.CLONE_NEWUTS, "user net"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		p := new(Program)
		p.Exec([]string{"sh", "-c", script, out}, []string{"PATH=/usr/bin:/bin"})
		c, err := Spawn(0, tt.unshare, true, Join{process, tt.types})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.Load(p, InitConfig{Candidates: []string{"/bin/sh"}, HostPid: true}, false); err != nil {
			t.Fatal(err)
		}
		if got := exited(t, c); got != 0 {
			t.Errorf("%s: status %d, %v, %v", name, got, c.Failure(), c.Refused())
		}
		c.Close()
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		for link := range strings.FieldsSeq(string(b)) {
			kind, _, _ := strings.Cut(link, ":")
			inside := slices.Contains(strings.Fields(tt.inside), kind)
			fresh := kind == "uts" && tt.unshare != 0
			if inside != (link == theirs[kind]) || !inside && !fresh && link != ours[kind] || fresh && link == ours[kind] {
				t.Errorf("%s: it is in %s; the process is in %s, and the test in %s", name, link, theirs[kind], ours[kind])
			}
		}
		if n := len(strings.Fields(string(b))); n != len(theirs) {
			t.Errorf("%s: it told of %d namespaces", name, n)
		}
	}
	if now := left(t); !slices.Equal(now, before) {
		t.Errorf("there was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
}

// While a child that may be looked at from inside shares the caller's memory, nobody may look at either. Without being
// dumpable again the caller could write no id map.
func TestTheCallerIsDumpableAgain(t *testing.T) {
	pid := dwells(t, unix.CLONE_NEWPID)
	process := pidfd(t, pid)
	into := func(types uintptr) (*Child, error) { return Spawn(0, 0, true, Join{process, types}) }
	if !dumpable(t) {
		t.Fatal("it is not before")
	}
	if c, err := into(1); err == nil { // of no kind of namespace
		c.Hangup()
		exited(t, c)
		t.Error("entered")
	}
	if !dumpable(t) {
		t.Error("it is not after namespaces that could not be entered")
	}
	for name, candidate := range map[string]string{"runs": "/bin/sh", "cannot be executed": "/nowhere/sh", "": ""} {
		c, err := into(unix.CLONE_NEWUSER | unix.CLONE_NEWPID)
		if err != nil {
			t.Fatal(err)
		}
		if dumpable(t) {
			t.Errorf("the command that %s: it is while the child shares its memory", name)
		}
		if name == "" { // nor is there a program
			c.Hangup()
		} else if err := c.Load(shell("exit 0"), InitConfig{Candidates: []string{candidate}}, false); err != nil {
			t.Fatal(err)
		} else if _, _, err := c.Receive(); err != nil {
			t.Fatal(err)
		} else if c.Running(); !dumpable(t) {
			t.Errorf("the command that %s: it is not when the child has become the init", name)
		}
		exited(t, c)
		c.Close()
		if !dumpable(t) {
			t.Errorf("the command that %s: it is not after the end", name)
		}
	}
}
