package container

import (
	"sync/atomic"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/network"
)

// networking is the container's network. Its drivers are chosen by climb; it is made by
// connectNetwork while the child mounts, and gone after drop.
type networking struct {
	wish   network.Wish
	places network.Places

	host    network.HostFacts
	drivers []network.Mode // those still to be tried, the best first
	setup   *network.Setup // what the first of them does; nil without one

	stack *network.Stack // a urun-netstack that waits for work
	made  chan error     // one value: what came of connecting; nil while there is nothing to wait for
	conn  *network.Connection

	abort atomic.Pointer[network.Abort] // of setup's helpers
	ended atomic.Pointer[string]        // how a helper ended before the container did
}

// networkError is a driver that was started and did not come to work.
type networkError struct {
	mode  network.Mode
	cause error
}

func (e *networkError) Error() string {
	return "network driver " + string(e.mode) + ": " + e.cause.Error()
}
func (e *networkError) Unwrap() error { return e.cause }

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

// take sets up the first of the drivers that are to be tried, unless it is already.
func (n *networking) take(drivers []network.Mode) {
	n.drivers = drivers
	if n.setup == nil && len(drivers) == 0 || n.setup != nil && len(drivers) > 0 && n.setup.Mode == drivers[0] {
		return
	}
	n.next()
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
