package netstack

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
)

// helper is a running urun-netstack, and the end of the socket that urun has.
type helper struct {
	cmd    *exec.Cmd
	socket int
	stderr *bytes.Buffer
	ended  chan struct{}
	closed bool
}

func startHelper(t testing.TB, through ...string) *helper {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	args := append(through, os.Getenv(helperBinary))
	h := &helper{cmd: exec.Command(args[0], args[1:]...), socket: pair[0], stderr: &bytes.Buffer{}, ended: make(chan struct{})}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	h.cmd.Dir = t.TempDir() // where its sockets may be
	h.cmd.Stdin, h.cmd.Stderr = theirs, h.stderr
	err = h.cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() { h.cmd.Wait(); close(h.ended) }()
	t.Cleanup(func() {
		h.close()
		h.wait(t)
		if s := h.stderr.String(); t.Failed() && s != "" {
			t.Logf("stderr: %s", s)
		}
	})
	return h
}

func (h *helper) close() {
	if !h.closed {
		unix.Close(h.socket)
		h.closed = true
	}
}

// wait is for the process to end, which it has to be told before. It returns the status.
func (h *helper) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-h.ended:
	case <-time.After(patience):
		h.cmd.Process.Kill()
		t.Errorf("urun-netstack does not end")
		<-h.ended
	}
	return h.cmd.ProcessState.ExitCode()
}

// tell sends a message and returns the answer's error.
func (h *helper) tell(t testing.TB, message []byte, tap *os.File) string {
	t.Helper()
	var oob []byte
	if tap != nil {
		oob = unix.UnixRights(int(tap.Fd()))
		defer tap.Close()
	}
	if err := unix.Sendmsg(h.socket, message, oob, nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(h.socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 20}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	n, err := unix.Read(h.socket, buf)
	for isErrno(err, unix.EINTR) {
		n, err = unix.Read(h.socket, buf)
	}
	if err != nil {
		t.Fatal(err)
	}
	var reply network.StackReply
	if err := json.Unmarshal(buf[:n], &reply); err != nil {
		t.Fatalf("%v: %q", err, buf[:n])
	}
	return reply.Error
}

func (h *helper) configure(t testing.TB, c network.StackConfig, tap *os.File) {
	t.Helper()
	message, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if failed := h.tell(t, message, tap); failed != "" {
		t.Fatal(failed)
	}
}

// online is a guest whose network is the stack of the tap device.
func online(t testing.TB, change func(*network.StackConfig)) (*guest, *helper) {
	t.Helper()
	g, h := newGuest(t), startHelper(t)
	c := network.StackConfig{Driver: network.StackTap, MTU: 65520, Subnet: netip.MustParsePrefix("10.0.2.0/24"), PID: g.pid, StateDir: "."}
	if change != nil {
		change(&c)
	}
	tap := g.tap(c.MTU)
	if c.IPv6 {
		g.ip("ntable change name ndisc_cache dev tap0 retrans 100")
		g.ip("addr add fd00::100/64 dev tap0 nodad")
		g.ip("route add default via fd00::2")
	}
	h.configure(t, c, tap)
	return g, h
}

func withIPv6(c *network.StackConfig) { c.IPv6 = true }
