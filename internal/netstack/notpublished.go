package netstack

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/urun-project/urun/internal/network"
)

const lowestPort = "/proc/sys/net/ipv4/ip_unprivileged_port_start"

// notPublished says what can be done about a port that cannot be had. It goes by the text: one of the drivers sends the error
// through a message.
func notPublished(p network.Port, err error) error {
	what := fmt.Sprintf("publish %s at %s", p.Container(), p.Host())
	is := func(e syscall.Errno) bool { return strings.Contains(err.Error(), e.Error()) }
	switch {
	case is(syscall.EADDRINUSE), strings.Contains(err.Error(), "already running"), strings.Contains(err.Error(), "conflict with ID"):
		return fmt.Errorf("%s: %s port %d is in use; choose another", what, p.Proto, p.HostPort)
	case is(syscall.EACCES), is(syscall.EPERM):
		from := "1024"
		if b, err := os.ReadFile(lowestPort); err == nil {
			from = strings.TrimSpace(string(b))
		}
		return fmt.Errorf("%s: port %d is below the sysctl net.ipv4.ip_unprivileged_port_start, which is %s; choose one from there on", what, p.HostPort, from)
	case is(syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: this host has no such address; choose one of its own, or none for all", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}
