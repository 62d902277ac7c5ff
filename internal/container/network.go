package container

import (
	"errors"
	"sync/atomic"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

// networking is the container's network. It is decided by chooseNetwork, made by
// connectNetwork while the child mounts, and gone after drop.
type networking struct {
	wish   network.Wish
	places network.Places

	host    network.HostFacts
	drivers []network.Mode // those still to be tried, the best first
	setup   *network.Setup // what the first of them does; nil without one
	lost    error          // why auto has none; nil when it has, or when it was said

	stack *network.Stack // a urun-netstack that waits for work
	made  chan error     // one value: what came of connecting; nil while there is nothing to wait for
	conn  *network.Connection

	told  bool                          // what it lacks
	abort atomic.Pointer[network.Abort] // of setup's helpers
	ended atomic.Pointer[string]        // how a helper ended before the container did
}

// noNetworkError is a network that cannot be had on this host.
type noNetworkError struct {
	wish  network.Wish
	cause error
}

func (e *noNetworkError) Error() string {
	return "--net " + string(e.wish.Mode) + ": " + e.cause.Error()
}
func (e *noNetworkError) Unwrap() error { return e.cause }

// networkError is a driver that was started and did not come to work.
type networkError struct {
	mode  network.Mode
	cause error
}

func (e *networkError) Error() string {
	return "network driver " + string(e.mode) + ": " + e.cause.Error()
}
func (e *networkError) Unwrap() error { return e.cause }

var errNeedsNetwork = errors.New("ports cannot be published")

// reservePorts takes the host's ports for a moment, and chooses those that are free.
// That is before the clone: the child has copies of the descriptors that are open then.
func (l *launch) reservePorts() (err error) {
	if len(l.opt.Network.Ports) > 0 && !l.dry {
		l.opt.Network.Ports, err = network.Reserve(l.opt.Network.Ports)
	}
	return err
}

// findNetwork looks at what drivers and name servers the host has.
func (l *launch) findNetwork() {
	n := &l.net
	n.wish, n.places = l.opt.Network, l.opt.Places
	if n.wish.Driven() && !l.owns(specs.NetworkNamespace) {
		n.wish.Mode = network.None // a config.json that joins or shares one
	}
	if n.wish.Mode != network.None || n.wish.Names.Asked() {
		n.host = network.Probe(n.wish, n.places)
	}
}

// chooseNetwork decides on the drivers, and takes the host's ports.
func (l *launch) chooseNetwork() error {
	n := &l.net
	drivers, why := network.Choose(n.wish, n.host)
	if why != nil && n.wish.Mode != network.Auto {
		return &noNetworkError{n.wish, why}
	}
	n.drivers, n.lost = drivers, why
	if len(n.wish.Ports) > 0 && len(drivers) == 0 {
		if why == nil {
			why = errNeedsNetwork
		}
		return &noNetworkError{n.wish, why}
	}
	for n.next(); n.setup != nil; n.next() {
		err := l.checkPlace()
		if err == nil || n.wish.Mode != network.Auto || len(n.drivers) == 1 && len(n.wish.Ports) > 0 {
			return err
		}
		n.drivers, n.lost = n.drivers[1:], err
	}
	return nil
}

// checkPlace refuses a helper in the container's user namespace where it has no place.
func (l *launch) checkPlace() error {
	switch {
	case l.net.setup.Inside() && !l.owns(specs.PIDNamespace):
		return errors.New("--net: with --pid host rootlesskit's helper would be within reach of the container; leave port_handler=rootlesskit and rootlesskit out")
	case l.net.setup.Mode == network.Slirp4netns && !l.owns(specs.PIDNamespace):
		return errors.New("--net: with --pid host slirp4netns would be within reach of the container, in whose user namespace it is; write --net gvisor")
	case l.net.setup.SocketOfRoot() && !l.callerIsRoot():
		return errors.New("--net: slirp4netns publishes ports only where you are root inside; write --userns auto, or --net gvisor")
	case l.net.setup.NeedsRoot() && !l.callerIsRoot():
		return errors.New("--net: rootlesskit's helper needs you to be root inside; write --userns auto, or leave port_handler=rootlesskit and rootlesskit out")
	}
	return nil
}

// callerIsRoot tells whether the caller is container root.
func (l *launch) callerIsRoot() bool {
	id, ok := userns.ToContainer(l.ids.UIDs, l.host.UID)
	return ok && id == 0
}

// next sets up the first of the drivers that are left.
func (n *networking) next() {
	n.setup = nil
	if len(n.drivers) > 0 {
		s := network.NewSetup(n.drivers[0], n.wish, n.host)
		s.Abort = new(network.Abort)
		n.abort.Store(s.Abort)
		n.setup = &s
	}
}

// lower leaves out the driver that has failed, if another may be taken.
func (n *networking) lower(err error) bool {
	if n.wish.Mode != network.Auto || n.setup == nil || len(n.wish.Ports) > 0 && len(n.drivers) == 1 {
		return false
	}
	n.drivers = n.drivers[1:]
	if n.next(); n.setup == nil {
		n.lost = err
	}
	return true
}
