package forkexec

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// dweller is a process in a user and a network namespace of its own, and descriptors of these.
func dweller(t *testing.T) (pid, user, net int) {
	t.Helper()
	pid = dwells(t, 0)
	return pid, namespaceOf(t, pid, "user"), namespaceOf(t, pid, "net")
}

// dwells is a process in a user and a network namespace of its own, and in what else the flags say.
func dwells(t *testing.T, flags uintptr) (pid int) {
	t.Helper()
	c := exec.Command("sleep", "600")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET | flags, Pdeathsig: unix.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	return c.Process.Pid
}

// pidfd is a descriptor of a process.
func pidfd(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// dumpable tells whether the test's process may be looked at.
func dumpable(t *testing.T) bool {
	t.Helper()
	n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

func namespaceOf(t *testing.T, pid int, kind string) int {
	t.Helper()
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/ns/"+kind, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// left is what a Spawn that fails must not leave: descriptors, and children.
func left(t *testing.T) []string {
	t.Helper()
	var list []string
	for fd := range 256 {
		if to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			list = append(list, strconv.Itoa(fd)+" -> "+to)
		}
	}
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile(task)
		if err == nil {
			for pid := range strings.FieldsSeq(string(b)) {
				list = append(list, "child "+pid)
			}
		}
	}
	slices.Sort(list)
	return list
}

func TestAChildIsClonedInNamespacesThatExist(t *testing.T) {
	pid, user, net := dweller(t)
	kinds := []string{"user", "net", "mnt", "pid"}
	// whose tells of a process's namespaces whose they are: the dweller's, the test's, or neither's.
	whose := func(links []string) (s string) {
		for i, kind := range kinds {
			theirs, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/" + kind)
			ours, wrong := os.Readlink("/proc/self/ns/" + kind)
			if err != nil || wrong != nil || i >= len(links) || !strings.HasPrefix(links[i], kind+":[") {
				t.Fatalf("%q, %v, %v", links, err, wrong)
			}
			switch links[i] {
			case ours: // of some kinds both have the same
				s += "t"
			case theirs:
				s += "d"
			default:
				s += "n"
			}
		}
		return s
	}
	const script = `for n in user net mnt pid; do readlink /proc/self/ns/$n; done >"$0"`
	before := left(t)
	for name, tt := range map[string]struct {
		flags, unshare uintptr
		join           []Join
		want           string
	}{
		"user and network":                {0, 0, []Join{{FD: user}, {FD: net}}, "ddtt"},
		"user alone":                      {0, 0, []Join{{FD: user}}, "dttt"},
		"with others of its own":          {unix.CLONE_NEWPID, unix.CLONE_NEWNS, []Join{{FD: user}, {FD: net}}, "ddnn"},
		"with a network below it":         {unix.CLONE_NEWNET, 0, []Join{{FD: user}}, "dntt"},
		"without a namespace that exists": {0, 0, nil, "tttt"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		p := new(Program)
		p.Exec([]string{"sh", "-c", script, out}, []string{"PATH=/usr/bin:/bin"})
		c, err := Spawn(tt.flags, tt.unshare, true, tt.join...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.Load(p, InitConfig{Candidates: []string{"/bin/sh"}, HostPid: tt.flags&unix.CLONE_NEWPID == 0}, false); err != nil {
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
		if got := whose(strings.Fields(string(b))); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	if now := left(t); !slices.Equal(now, before) {
		t.Errorf("there was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
}

// The process that enters namespaces for the child ends, and is waited for, whatever became of that.
func TestNamespacesThatCannotBeEntered(t *testing.T) {
	_, user, net := dweller(t)
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before := left(t)
	for name, tt := range map[string]struct {
		flags uintptr
		join  []Join
		call  string
		errno syscall.Errno
	}{
		"no namespace":                {0, []Join{{FD: int(file.Fd())}}, "setns", unix.EINVAL},
		"the second is none":          {0, []Join{{FD: user}, {FD: int(file.Fd())}}, "setns", unix.EINVAL},
		"no descriptor":               {0, []Join{{FD: user}, {FD: 900}}, "setns", unix.EBADF},
		"a clone that makes no sense": {unix.CLONE_FS | unix.CLONE_NEWNS, []Join{{FD: user}, {FD: net}}, "clone", unix.EINVAL},
	} {
		c, err := Spawn(tt.flags, 0, false, tt.join...)
		var call *os.SyscallError
		if c != nil || !errors.As(err, &call) || call.Syscall != tt.call || call.Err != tt.errno {
			t.Errorf("%s: got %v, %v, want %s: %v", name, c, err, tt.call, tt.errno)
		}
		if c != nil {
			c.Hangup()
			exited(t, c)
			c.Close()
		}
	}
	if now := left(t); !slices.Equal(now, before) {
		t.Errorf("there was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
	if !dumpable(t) {
		t.Error("the caller is not dumpable any more; it could write no id map")
	}
	// The next one is none the worse.
	c, err := Spawn(0, 0, false, Join{FD: user}, Join{FD: net})
	if err != nil {
		t.Fatal(err)
	}
	c.Hangup()
	exited(t, c)
	c.Close()
}
