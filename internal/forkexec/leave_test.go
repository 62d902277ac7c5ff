package forkexec

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The command of urun exec --detach: its parent is in the container, and ends with it.
func TestACommandThatIsLeftIsTheContainers(t *testing.T) {
	pid := dwells(t, unix.CLONE_NEWPID)
	join := Join{pidfd(t, pid), unix.CLONE_NEWUSER | unix.CLONE_NEWPID}
	c, err := Spawn(0, 0, true, join)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Load(shell("exec sleep 600"), InitConfig{Candidates: []string{"/bin/sh"}, Leave: true}, false); err != nil {
		t.Fatal(err)
	}
	runs(t, c)
	if got := exited(t, c); got != 0 {
		t.Errorf("the init's status is %d", got)
	}
	command := ""
	until(t, func() bool {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
		command = strings.TrimSpace(string(b))
		name, _ := os.ReadFile("/proc/" + command + "/comm")
		return err == nil && string(name) == "sleep\n"
	})
	if n, err := strconv.Atoi(command); err != nil || syscall.Kill(n, 0) != nil {
		t.Errorf("the children of the container's init are %q", command)
	}
	// One that cannot be executed is told of, and nothing is left.
	missing, err := Spawn(0, 0, true, join)
	if err != nil {
		t.Fatal(err)
	}
	defer missing.Close()
	if err := missing.Load(shell(""), InitConfig{Candidates: []string{"/nowhere/sh"}, Leave: true}, false); err != nil {
		t.Fatal(err)
	}
	m, ok, err := missing.Receive()
	if err != nil || !ok || len(m.Bytes) != 16 || binary.LittleEndian.Uint64(m.Bytes) != uint64(unix.ENOENT) {
		t.Errorf("a report of %v, %v", m.Bytes, err)
	}
	if got := exited(t, missing); got != 127 {
		t.Errorf("status %d, want 127", got)
	}
}
