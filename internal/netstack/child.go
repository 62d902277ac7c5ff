package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port/builtin"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/network"
)

// childWork is what another urun-netstack does, in the container's user and network namespaces. It, too, lives as long as its
// socket.
type childWork struct {
	Network *messages.ParentInitNetworkDriverCompleted `json:"network,omitempty"`
	Ports   map[string]string                          `json:"ports,omitempty"`
}

func (w *childWork) begin(died chan<- error) error {
	if w.Network != nil {
		return activate(w.Network)
	}
	go func() {
		err := builtin.NewChildDriver(io.Discard).RunChildDriver(w.Ports, nil, "")
		died <- fmt.Errorf("run the port driver in the container's network: %w", err)
	}()
	return nil
}

// spawn starts that other process and returns when it has answered. nsenter(1) has to do it: a process with threads, as every Go
// program is, cannot change its user namespace.
func (c config) spawn(w childWork, died chan<- error) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find urun-netstack: %w", err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "child")
	defer theirs.Close()
	cmd := exec.Command("nsenter", "-t", strconv.Itoa(c.PID), "-U", "-n", "--preserve-credentials", self)
	cmd.Stdin, cmd.Stderr = theirs, os.Stderr
	if err := cmd.Start(); err != nil {
		unix.Close(pair[0])
		return fmt.Errorf("enter the container's network: %w", err)
	}
	// Closed by the end of this process, and with it the child ends.
	ours := pair[0]
	if err := send(ours, request{Child: &w}); err != nil {
		return errors.Join(fmt.Errorf("enter the container's network: %w", err), cmd.Wait())
	}
	theirs.Close() // so that the end of the child is the end of the socket
	data, _, err := receive(ours)
	var reply network.StackReply
	if err == nil {
		err = json.Unmarshal(data, &reply)
	}
	switch {
	case err != nil:
		return fmt.Errorf("enter the container's network: %w", err)
	case reply.Error != "":
		return errors.New(reply.Error)
	}
	go func() {
		died <- fmt.Errorf("stay in the container's network: %w", errors.Join(errors.New("the process there ended"), cmd.Wait()))
	}()
	return nil
}
