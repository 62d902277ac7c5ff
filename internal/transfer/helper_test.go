package transfer

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
)

// helper is a urun-image that was asked something, and may be killed.
type helper struct {
	cmd    *exec.Cmd
	socket *os.File
	said   bytes.Buffer
}

func start(t *testing.T, r image.Request) *helper {
	t.Helper()
	r.Environ = environ(t, "")
	self, err := os.Executable()
	must(t, err)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	theirs := os.NewFile(uintptr(fds[1]), "socket")
	defer theirs.Close()
	h := &helper{cmd: exec.Command(self), socket: os.NewFile(uintptr(fds[0]), "socket")}
	h.cmd.Args = []string{image.Program}
	h.cmd.ExtraFiles = []*os.File{theirs}
	h.cmd.Stderr = &h.said
	h.cmd.WaitDelay = time.Second
	must(t, h.cmd.Start())
	must(t, json.NewEncoder(h.socket).Encode(r))
	return h
}

// kill kills it, if it still runs.
func (h *helper) kill() { _ = h.cmd.Process.Kill() }

// wait gives its answer; false: it was killed before it had one.
func (h *helper) wait() (a image.Answer, ok bool) {
	err := json.NewDecoder(h.socket).Decode(&a)
	h.socket.Close()
	_ = h.cmd.Wait()
	return a, err == nil
}
