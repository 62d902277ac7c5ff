package container

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
)

// explainNetwork is the sentence for a failure around the network; "" for any other.
func (l *launch) explainNetwork(err error) string {
	var (
		port   *network.PortError
		none   *noNetworkError
		driver *networkError
	)
	switch {
	case errors.As(err, &port):
		return "publish " + port.Port.Host() + "->" + port.Port.Container() + ": " + cause(port.Err) + ": " + port.Advice()
	case errors.As(err, &none) && none.wish.Mode == network.Auto:
		return "ports cannot be published without a network: " + unavailable(none.cause)
	case errors.As(err, &none):
		return "--net " + string(none.wish.Mode) + ": " + unavailable(none.cause)
	case errors.As(err, &driver):
		return l.explainDriver(driver)
	}
	return ""
}

// unavailable says what a network lacks on this host, and who can mend it.
func unavailable(err error) string {
	var missing *network.MissingError
	var old *network.OldError
	var none *network.NoneError
	var unable *network.UnableError
	switch {
	case errors.As(err, &unable):
		return unable.Error()
	case errors.As(err, &none):
		return none.Error() + "; an administrator installs slirp4netns or a newer passt, or you put urun-netstack beside urun"
	case errors.As(err, &missing) && missing.Program != "":
		return missing.Program + " is not installed; " + install(missing.Program)
	case errors.As(err, &missing) && errors.Is(missing.Tun, unix.ENOENT):
		return "there is no /dev/net/tun; an administrator loads the module tun, and whoever starts a container around this one gives it the device (--device /dev/net/tun)"
	case errors.As(err, &missing) && errors.Is(missing.Tun, unix.ENOTTY):
		return "/dev/net/tun is not the tun device; whoever set up this machine or container puts that there"
	case errors.As(err, &missing):
		return "/dev/net/tun cannot be opened by you (" + cause(missing.Tun) + "); an administrator gives it mode 0666, as distributions do"
	case errors.As(err, &old):
		return old.Error() + "; an administrator installs a newer one, or choose another driver with --net"
	}
	return err.Error()
}

func install(program string) string {
	switch program {
	case network.StackProgram:
		return "put it beside urun, where make install puts it"
	case "pasta":
		return "an administrator installs the package passt, or choose another driver with --net"
	case "nsenter":
		return "an administrator installs the package util-linux"
	}
	return "an administrator installs the package " + program + ", or choose another driver with --net"
}

// explainDriver says why a driver that is there did not come to work.
func (l *launch) explainDriver(e *networkError) string {
	var step *forkexec.StepError
	if errors.As(e.cause, &step) {
		return "the network device cannot be made: " + l.explainStep(step)
	}
	var old *network.OldError
	if errors.As(e.cause, &old) {
		return "--net " + string(e.mode) + ": " + unavailable(old)
	}
	says := "the network driver failed: " + strings.TrimSuffix(e.cause.Error(), "\n")
	if l.net.wish.Mode != network.Auto {
		says += "; choose another with --net"
	}
	return says
}

// tellNetwork says once what a network was wanted for and is not there.
func (l *launch) tellNetwork() {
	n := &l.net
	if n.lost != nil && n.setup == nil {
		l.notice("no network but loopback: " + unavailable(n.lost) + " (--net none says that none is wanted)")
		n.lost = nil
	}
	if n.setup == nil || n.told {
		return
	}
	n.told = true
	if n.setup.Mode == network.Pasta && !n.setup.Host.PastaWorks() {
		l.notice("pasta is older than 2023-06-27: connections that are refused may hang, published ports may pass nothing, and what listens on the host's loopback can be sent to; an administrator installs a newer passt, or choose another driver with --net")
	}
	if x := n.wish.Names; n.wish.Named && len(n.host.Resolver.Servers)+len(x.Servers) == 0 && !x.NoDNS {
		l.notice("names are not resolved inside: the host's /etc/resolv.conf names no server; --dns IP names one")
	}
}
