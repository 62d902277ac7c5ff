package ladder

import (
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// NetworkError is a network that was asked for and cannot be had.
type NetworkError struct {
	Wish   network.Wish
	Cause  error
	Within string
}

func (e *NetworkError) Unwrap() error { return e.Cause }

func (e *NetworkError) Error() string {
	says := Unavailable(e.Cause, e.Within).String()
	if e.Wish.Mode == network.Auto {
		return "ports cannot be published without a network: " + says
	}
	return "--net " + string(e.Wish.Mode) + ": " + says
}

var errNoPorts = errors.New("there is none here")

// network chooses the drivers.
func (s *Standing) network(h Host, w Wish) {
	drivers, why := network.Choose(w.Network, h.Network)
	auto := w.Network.Mode == network.Auto
	if why != nil && !auto {
		s.fail(&NetworkError{w.Network, why, h.Within})
		return
	}
	ports := len(w.Network.Ports) > 0
	if ports && len(drivers) == 0 {
		if why == nil {
			why = errNoPorts
		}
		s.fail(&NetworkError{w.Network, why, h.Within})
		return
	}
	var failures []string
	for len(drivers) > 0 {
		err := place(network.NewSetup(drivers[0], w.Network, h.Network), w, s.IDs, h.IDs)
		failed := slices.IndexFunc(h.Failed, func(f Failure) bool { return f.Mode == drivers[0] })
		if err == nil && failed < 0 {
			break
		}
		if err == nil {
			failures = append(failures, string(drivers[0])+" failed: "+oneLine(h.Failed[failed].Err))
			err = errors.New("the network driver " + failures[len(failures)-1])
		}
		if !auto || ports && len(drivers) == 1 {
			s.fail(err)
			return
		}
		drivers, why = drivers[1:], err
	}
	if len(failures) > 0 {
		why = errors.New(strings.Join(failures, ", "))
	}
	if len(failures) > 0 && len(drivers) > 0 {
		s.lose(Loss{Driver, string(drivers[0]) + " carries the network in place of a better driver", why.Error(), "", "", ""})
	}
	s.Drivers = drivers
	switch {
	case len(drivers) > 0 && drivers[0] == network.Pasta && !h.Network.PastaWorks():
		s.lose(Loss{Driver, "connections that are refused may hang, published ports may pass nothing, and what listens on the host's loopback can be sent to",
			"pasta is older than 2023-06-27", "install a newer passt", Administrator, "--net chooses another driver"})
	case len(drivers) == 0 && auto && why != nil:
		l := Unavailable(why, h.Within)
		l.Lost, l.Meanwhile = "no network but loopback", "--net none says that none is wanted"
		s.lose(l)
	}
	if x := w.Network.Names; len(drivers) > 0 && w.Network.Named && len(h.Network.Resolver.Servers)+len(x.Servers) == 0 && !x.NoDNS {
		s.lose(Loss{Names, "names are not resolved inside", "the host's /etc/resolv.conf names no server", "name one with --dns IP", You, ""})
	}
	if w.OwnNet && h.Opened == No {
		s.lose(Loss{Ports, "only root inside listens at ports below 1024, and ping may fail", unwritable("net"), uncover(h.Within), outer(h.Within), ""})
	}
}

// place refuses a helper in the container's user namespace where it has no place.
func place(n network.Setup, w Wish, ids userns.Choice, h userns.Host) error {
	at, ok := userns.ToContainer(ids.UIDs, h.UID)
	root := ok && at == 0
	switch {
	case n.Inside() && !w.OwnPid:
		return errors.New("--net: with --pid host rootlesskit's helper would be within reach of the container; leave port_handler=rootlesskit and rootlesskit out")
	case n.Mode == network.Slirp4netns && !w.OwnPid:
		return errors.New("--net: with --pid host slirp4netns would be within reach of the container, in whose user namespace it is; write --net gvisor")
	case n.SocketOfRoot() && !root:
		return errors.New("--net: slirp4netns publishes ports only where you are root inside; write --userns auto, or --net gvisor")
	case n.NeedsRoot() && !root:
		return errors.New("--net: rootlesskit's helper needs you to be root inside; write --userns auto, or leave port_handler=rootlesskit and rootlesskit out")
	}
	return nil
}

// Unavailable is what a network lacks on this host, and who can mend it.
func Unavailable(err error, within string) Loss {
	var missing *network.MissingError
	var old *network.OldError
	var none *network.NoneError
	l := Loss{Property: Network, Cause: strings.TrimPrefix(oneLine(err), "--net: ")}
	switch {
	case errors.As(err, &none):
		l.Fix, l.Who = "install slirp4netns or a newer passt, or you put urun-netstack beside urun", Administrator
	case errors.As(err, &missing) && missing.Program != "":
		l.Cause = missing.Program + " is not installed"
		l.Fix, l.Who = install(missing.Program)
	case errors.As(err, &missing) && errors.Is(missing.Tun, syscall.ENOENT) && within != "":
		l.Cause, l.Who = "there is no /dev/net/tun here", Outer
		l.Fix = "give it the device (--device /dev/net/tun)"
	case errors.As(err, &missing) && errors.Is(missing.Tun, syscall.ENOENT):
		l.Cause, l.Who = "there is no /dev/net/tun", Administrator
		l.Fix = "load the module (modprobe tun), or in a container whoever started that can give it the device (--device /dev/net/tun)"
	case errors.As(err, &missing) && errors.Is(missing.Tun, syscall.ENOTTY):
		l.Cause, l.Who, l.Fix = "/dev/net/tun is not the tun device", Starter, "put that there"
	case errors.As(err, &missing):
		var errno syscall.Errno
		errors.As(missing.Tun, &errno)
		l.Cause, l.Who = "/dev/net/tun cannot be opened by you ("+errno.Error()+")", Administrator
		l.Fix = "give it mode 0666, as distributions do"
	case errors.As(err, &old):
		l.Cause, l.Who, l.Fix = old.Error(), Administrator, "install a newer one"
	}
	if old != nil || missing != nil && missing.Program != "" && missing.Program != network.StackProgram && missing.Program != "nsenter" {
		l.Meanwhile = "--net chooses another driver"
	}
	return l
}

func install(program string) (fix string, who Who) {
	switch program {
	case network.StackProgram:
		return "put it beside urun, where make install puts it", You
	case "pasta":
		return "install the package passt", Administrator
	case "nsenter":
		return "install the package util-linux", Administrator
	}
	return "install the package " + program, Administrator
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
