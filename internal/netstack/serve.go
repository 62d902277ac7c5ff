package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
	gvisor "gvisor.dev/gvisor/pkg/log"

	"github.com/urun-project/urun/internal/network"
)

// The exit statuses.
const (
	statusEnded = 0 // the socket ended
	statusDied  = 1 // the stack did
)

// Called tells whether standard input is the socket that urun gives to this process.
func Called() bool {
	kind, err := unix.GetsockoptInt(0, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_SEQPACKET {
		return false
	}
	domain, err := unix.GetsockoptInt(0, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && domain == unix.AF_UNIX
}

// Main does what the message on standard input asks for, until standard input ends. It returns the exit status.
func Main() int {
	// The libraries log what any client can cause, such as a refused connection; stderr is the user's terminal.
	log.SetOutput(io.Discard)
	logrus.SetOutput(io.Discard)
	gvisor.SetTarget(gvisor.GoogleEmitter{Writer: &gvisor.Writer{Next: io.Discard}})
	// Ctrl-C is meant for the container's command, and reaches the whole foreground group.
	signal.Ignore(unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGTSTP, unix.SIGPIPE)
	confine()
	data, tap, err := receive(0)
	if errors.Is(err, io.EOF) {
		return statusEnded
	}
	died := make(chan error, 4)
	go func() {
		if err == nil {
			err = begin(data, tap, died)
		}
		var reply network.StackReply
		if err != nil {
			reply.Error = err.Error()
		}
		if err := send(0, reply); err != nil && !errors.Is(err, unix.EPIPE) {
			died <- fmt.Errorf("answer: %w", err)
		} else if reply.Error != "" {
			died <- nil
		}
	}()
	go func() {
		for {
			switch _, _, err := receive(0); {
			case errors.Is(err, io.EOF):
				died <- nil
				return
			case err != nil:
				died <- fmt.Errorf("wait for urun: %w", err)
				return
			}
		}
	}()
	if err := <-died; err != nil {
		fmt.Fprintln(os.Stderr, "urun-netstack: "+err.Error())
		return statusDied
	}
	return statusEnded
}

// request is the message: urun's, or that of an urun-netstack that needs another one in the container's namespaces.
type request struct {
	network.StackConfig
	Child *childWork `json:"child,omitempty"`
}

// begin returns when everything is ready. What fails after that goes to died.
func begin(data []byte, tap *os.File, died chan<- error) error {
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if r.Child != nil {
		return r.Child.begin(died)
	}
	c, err := checked(r.StackConfig, tap != nil)
	if err != nil {
		return err
	}
	return c.begin(tap, died)
}

func isErrno(err error, errnos ...syscall.Errno) bool {
	for _, e := range errnos {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
