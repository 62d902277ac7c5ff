package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	"golang.org/x/sys/unix"
)

// netstack is the driver that lives in urun-netstack.
type netstack struct {
	helper
	stack *Stack
	tap   int // the device's descriptor, for gvisor-tap-vsock directly; -1: rootlesskit's driver, or ports alone
	wish  Wish
	kind  string // of network.StackConfig
}

// Stack is a urun-netstack that does nothing yet. To initialise its packages takes
// it several milliseconds, so it is started before the container can use it.
type Stack struct {
	*process
	socket *os.File
}

// StartStack starts urun-netstack; inside is a process in whose user namespace it is
// to be, or 0: from there rootlesskit's drivers can enter the container's network. dir
// is where their sockets are to be, or "".
func StartStack(path string, inside int, dir string) (*Stack, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "urun-netstack"), os.NewFile(uintptr(pair[1]), "stdin")
	defer theirs.Close()
	var args []string
	if inside != 0 {
		args = []string{"--target=" + strconv.Itoa(inside), "--user", "--preserve-credentials", "--", path}
		path = nsenterPath
	}
	p, err := launch(StackProgram, path, dir, theirs, nil, args...)
	if err != nil {
		ours.Close()
		return nil, err
	}
	s := &Stack{process: p, socket: ours}
	p.unread = s.unread
	return s, nil
}

// nsenterPath is util-linux's; what enters a namespace with the caller's rights is not looked for in PATH.
const nsenterPath = "/usr/bin/nsenter"

// Stop ends it; it may have been told to listen at ports.
func (s *Stack) Stop(ports []Port) {
	s.socket.Close()
	s.end(ports)
}

// ask sends it what it is to do.
func (s *Stack) ask(c StackConfig, tap int) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var rights []byte
	if tap >= 0 {
		rights = unix.UnixRights(tap)
	}
	if err := unix.Sendmsg(int(s.socket.Fd()), b, rights, nil, unix.MSG_NOSIGNAL); err != nil {
		s.give()
		return s.failure("its socket: " + err.Error())
	}
	return nil
}

// answer waits until it does it.
func (s *Stack) answer() error {
	fds := []unix.PollFd{{Fd: int32(s.socket.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(readyDeadline.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n == 0 {
			return s.failure("says nothing for " + readyDeadline.String())
		}
		break
	}
	b := make([]byte, 64<<10)
	n, err := unix.Read(int(s.socket.Fd()), b)
	if err != nil || n == 0 {
		s.give()
		return s.failure("")
	}
	return refusal(b[:n])
}

// refusal is the error in an answer.
func refusal(answer []byte) error {
	var r StackReply
	if err := json.Unmarshal(answer, &r); err != nil {
		return &HelperError{Program: StackProgram, Err: fmt.Errorf("read its answer %q: %w", answer, err)}
	}
	if r.Error != "" {
		return &HelperError{Program: StackProgram, Err: errors.New(r.Error)}
	}
	return nil
}

// unread is the error in an answer that nobody has waited for, of a helper that has ended.
func (s *Stack) unread() string {
	b := make([]byte, 64<<10)
	n, _, err := unix.Recvfrom(int(s.socket.Fd()), b, unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return ""
	}
	if err := refusal(b[:n]); err != nil {
		return err.Error()
	}
	return ""
}

// ConfigureNetwork implements rootlesskit's network.ParentDriver. Packets that the
// container sends before the stack is ready wait in the device, so it is waited for
// only where someone could connect from outside, or where another driver is behind it.
func (d *netstack) ConfigureNetwork(childPID int, _, _ string) (*messages.ParentInitNetworkDriverCompleted, func() error, error) {
	d.started(d.stack.process)
	cleanup := func() error {
		d.stack.Stop(d.wish.Ports)
		return nil
	}
	c := StackConfig{
		Driver: d.kind, MTU: d.at.MTU, IPv6: d.at.IP6.IsValid(), HostLoopback: d.wish.HostLoopback, Ports: d.wish.Ports, PortHandler: d.wish.PortHandler,
		PID: childPID, StateDir: ".", // it has been started there
	}
	c.Subnet, _ = d.at.IP.Prefix(d.at.Bits)
	err := d.stack.ask(c, d.tap)
	if err == nil && (len(c.Ports) > 0 || d.kind != StackTap) {
		err = d.stack.answer()
	}
	if err != nil {
		_ = cleanup()
		return nil, nil, err
	}
	return d.completed(), cleanup, nil
}

// Info implements rootlesskit's network.ParentDriver.
func (d *netstack) Info(context.Context) (*api.NetworkDriverInfo, error) {
	return d.info("gvisor"), nil
}

// FindStack finds urun-netstack beside urun, or where a package puts it.
func FindStack(self string) string {
	dir := filepath.Dir(self)
	for _, at := range []string{dir, filepath.Join(dir, "../libexec/urun"), filepath.Join(dir, "../lib/urun")} {
		if p := filepath.Join(at, StackProgram); unix.Access(p, unix.X_OK) == nil {
			return p
		}
	}
	return ""
}
