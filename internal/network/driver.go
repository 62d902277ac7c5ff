package network

import (
	"io"
	"net"
	"strings"

	rootlesskit "github.com/rootless-containers/rootlesskit/v3/pkg/network"
	rkpasta "github.com/rootless-containers/rootlesskit/v3/pkg/network/pasta"
	rkslirp "github.com/rootless-containers/rootlesskit/v3/pkg/network/slirp4netns"
)

// Setup is one network that is to be made: a driver and what it needs.
type Setup struct {
	Mode      Mode
	Addresses Addresses
	Wish      Wish
	Host      HostFacts
	Abort     *Abort // ends a start that is given up; may be nil
}

// NewSetup is what a driver does for a wish on this host.
func NewSetup(m Mode, w Wish, h HostFacts) Setup {
	return Setup{Mode: m, Addresses: addresses(w, m, h.IPv6), Wish: w, Host: h}
}

// MakesTap tells whether the container's first process makes the device.
func (s Setup) MakesTap() bool { return !s.Wish.Rootlesskit }

// TakesTap tells whether the driver takes the device's descriptor; otherwise it takes the device by its name.
func (s Setup) TakesTap() bool { return s.Mode == Gvisor && s.MakesTap() }

// SetsAddresses tells whether the container's first process configures the device:
// one that it made, at once, and one that rootlesskit's slirp4netns driver makes, when
// it is there. pasta and urun-netstack with rootlesskit's driver do so themselves.
func (s Setup) SetsAddresses() bool {
	return s.Mode == Slirp4netns || s.TakesTap()
}

// NeedsRoot tells whether the driver works only where the caller is container root: it
// executes programs inside the user namespace, which then keep no capability otherwise.
func (s Setup) NeedsRoot() bool {
	return s.Inside() || s.Wish.Rootlesskit && s.Mode == Slirp4netns || s.SocketOfRoot()
}

// SocketOfRoot tells whether the driver is told about ports at a socket that belongs to
// container root: slirp4netns becomes that in the container's user namespace.
func (s Setup) SocketOfRoot() bool { return s.Mode == Slirp4netns && s.ownPorts() }

// EarlyStack tells whether urun-netstack can be started before there is a container.
func (s Setup) EarlyStack() bool {
	return s.Mode == Gvisor && !s.Inside()
}

// Inside tells whether a helper has to be in the container's user namespace, from
// where alone it can enter the network namespace: rootlesskit's child drivers. It is
// within reach of a container that shares the host's processes.
func (s Setup) Inside() bool {
	return s.Mode == Gvisor && s.Wish.Rootlesskit || s.builtinPorts()
}

// builtinPorts tells whether ports are forwarded by rootlesskit's builtin port driver.
func (s Setup) builtinPorts() bool {
	return s.Wish.PortHandler == RootlesskitPorts && len(s.Wish.Ports) > 0
}

// NeedsState tells whether a driver may keep files and sockets in a directory of the container's own.
func (w Wish) NeedsState() bool {
	return len(w.Ports) > 0 || w.Rootlesskit || w.Mode == Pasta
}

// NeedsState tells whether this one does.
func (s Setup) NeedsState() bool { return s.Wish.NeedsState() || s.Mode == Pasta }

// NeedsRules tells whether the driver connects to loopback addresses of the host's when
// it is sent packets for them.
func (s Setup) NeedsRules() bool { return !s.TakesTap() }

// Enters tells whether the driver runs programs of the host's in the mount namespace of
// the container's first process.
func (s Setup) Enters() bool { return s.Wish.Rootlesskit }

// Does prints what is started.
func (s Setup) Does() string {
	const pid, dir = 0, "DIR" // known later
	var line []string
	switch {
	case s.Wish.Rootlesskit:
		line = []string{"rootlesskit's driver for " + string(s.Mode)}
	case s.Mode == Slirp4netns:
		d := slirp4netns{helper: helper{at: s.Addresses}, root: s.Host.Root, wish: s.Wish}
		line = append([]string{s.Host.Slirp}, d.arguments(pid, d.socket(dir))...)
		line[len(line)-2] = "PID"
	case s.Mode == Pasta:
		d := pasta{helper: helper{at: s.Addresses}, wish: s.Wish}
		line = append([]string{s.Host.Pasta}, d.arguments(pid, dir+"/pasta.pid")...)
		line[len(line)-1] = "PID"
	default:
		line = []string{s.Host.Stack, "with the device"}
		if s.Wish.HostLoopback {
			line = append(line, "and the host's loopback")
		}
	}
	if s.builtinPorts() && s.Mode != Gvisor {
		line = append(line, "and "+s.Host.Stack+" for ports")
	}
	for i, p := range s.Wish.Ports {
		if i == 0 {
			line = append(line, "to publish")
		}
		line = append(line, p.Host()+"->"+p.Container())
	}
	return strings.Join(line, " ")
}

// driver makes the driver. stack is the urun-netstack that runs already, if one does; tap the device's descriptor or -1.
func (s Setup) driver(stack *Stack, tap int) (rootlesskit.ParentDriver, error) {
	a, w, log := s.Addresses, s.Wish, io.Discard
	six := a.IP6.IsValid()
	subnet := &net.IPNet{IP: subnetOf(a), Mask: net.CIDRMask(a.Bits, 32)}
	switch {
	case s.Mode == Slirp4netns && w.Rootlesskit:
		if s.ownPorts() {
			return nil, &HelperError{Program: "slirp4netns", Err: errOwnPorts}
		}
		return rkslirp.NewParentDriver(log, s.Host.Slirp, a.MTU, subnet, a.Device, !w.HostLoopback, "", !s.Host.Root, true, six)
	case s.Mode == Pasta && w.Rootlesskit:
		if s.ownPorts() {
			return nil, &HelperError{Program: "pasta", Err: errOwnPorts}
		}
		return rkpasta.NewParentDriver(log, s.Host.Pasta, a.MTU, subnet, a.Device, "", !w.HostLoopback, six, false)
	case s.Mode == Slirp4netns:
		return &slirp4netns{helper: helper{at: a, abort: s.Abort}, path: s.Host.Slirp, root: s.Host.Root, wish: w}, nil
	case s.Mode == Pasta:
		return &pasta{helper: helper{at: a, abort: s.Abort}, path: s.Host.Pasta, wish: w}, nil
	}
	kind := StackTap
	if w.Rootlesskit {
		kind = StackRootlesskit
	}
	return &netstack{helper: helper{at: a, abort: s.Abort}, stack: stack, tap: tap, wish: w, kind: kind}, nil
}

// ownPorts tells whether the driver itself is to forward ports.
func (s Setup) ownPorts() bool { return len(s.Wish.Ports) > 0 && !s.builtinPorts() }
