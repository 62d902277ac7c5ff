package container

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/state"
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
		if err == nil || n.wish.Mode != network.Auto {
			return err
		}
		if n.drivers = n.drivers[1:]; len(n.drivers) == 0 {
			return err
		}
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

// interrupt ends the waiting for the driver.
func (n *networking) interrupt() {
	if a := n.abort.Load(); a != nil {
		a.Now()
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

// early starts what can be started before the container has a network namespace.
func (n *networking) early() error {
	if n.setup == nil || !n.setup.EarlyStack() {
		return nil
	}
	var err error
	n.stack, err = network.StartStack(n.host.Stack, 0, "")
	if err != nil {
		return &networkError{n.setup.Mode, err}
	}
	return nil
}

// makeNetwork adds what the container's first process does for its network, and tells
// the parent when the driver can be started.
func (l *launch) makeNetwork(p *forkexec.Program) {
	s := l.net.setup
	if s == nil {
		return
	}
	l.at.tap = len(p.Steps())
	if s.NeedsRules() {
		network.CloseLoopback(p, l.net.host.IPv6)
	}
	ready := func(why string) {
		p.Call(why, unix.SYS_SENDTO, forkexec.Control, []byte("N"), 1, unix.MSG_NOSIGNAL, 0, 0)
		l.at.netns = len(p.Steps()) - 1
	}
	if !s.MakesTap() {
		ready("the driver can enter the network namespace now")
		l.awaitNetwork(p)
		return
	}
	fd := network.MakeTap(p)
	if s.TakesTap() {
		network.SetAddresses(p, s.Addresses)
		sendFD(p, "the driver reads and writes the packets", fd)
		l.at.netns = len(p.Steps()) - 1
		p.Call("the driver has it now", unix.SYS_CLOSE, fd)
		return
	}
	p.Call("the driver opens it itself", unix.SYS_CLOSE, fd)
	if s.SetsAddresses() {
		network.SetAddresses(p, s.Addresses)
	}
	ready("the driver can take the device now")
}

// awaitNetwork has the child wait until the network carries packets: as late as can
// be, but for drivers that enter the child's mount namespace for programs of the host's.
func (l *launch) awaitNetwork(p *forkexec.Program) {
	s := l.net.setup
	if s == nil || l.at.connected != 0 {
		return
	}
	p.Wait("Connected: the command has a network from its first instruction on")
	l.at.connected = len(p.Steps()) - 1
	if s.SetsAddresses() && !s.MakesTap() {
		a := s.Addresses
		a.IP6 = netip.Addr{} // the kernel takes one from the driver's router advertisements
		network.SetAddresses(p, a)
	}
}

// receiveNamespace starts the driver, when the child's network namespace is there.
func (l *launch) receiveNamespace(c *forkexec.Child) error {
	m, ok, err := c.Receive()
	if err != nil {
		return err
	}
	if !ok {
		return l.died(c)
	}
	n := &l.net
	made, stack := make(chan error, 1), n.stack
	n.made, n.stack = made, nil
	go func() { made <- l.connectNetwork(c.Pid, stack, m.FD) }()
	return nil
}

func (l *launch) connectNetwork(pid int, stack *network.Stack, tap int) (err error) {
	n, dir := &l.net, ""
	if n.setup.NeedsState() {
		dir, err = l.record.scratch()
	}
	if err == nil {
		n.conn, err = n.setup.Connect(pid, dir, stack, tap)
	} else if stack != nil {
		stack.Stop(nil)
	}
	var taken *network.PortError
	if err != nil && !errors.As(err, &taken) {
		err = &networkError{n.setup.Mode, err}
	}
	return err
}

// receiveNetwork waits until the driver carries packets.
func (l *launch) receiveNetwork(*forkexec.Child) error {
	n := &l.net
	err := <-n.made
	n.made = nil
	return err
}

// drop ends the helpers.
func (n *networking) drop() {
	if n.made != nil {
		n.interrupt() // what is still starting is wanted no more
		<-n.made
		n.made = nil
	}
	if n.stack != nil {
		n.stack.Stop(nil)
		n.stack = nil
	}
	if n.conn != nil {
		n.conn.Close()
		n.conn = nil
	}
}

// describeNetwork is the network in the container's record.
func (l *launch) describeNetwork() state.Network {
	n := &l.net
	out := state.Network{Mode: string(n.wish.Mode), Servers: l.resolver().Servers}
	switch {
	case n.wish.Mode == network.Container:
		joined := *l.opt.Joined
		out = joined.Network
		out.Mode, out.With, out.Ports = string(network.Container), joined.ID, nil // they are the other's
	case n.setup != nil:
		a := n.setup.Addresses
		out.Mode, out.Device, out.MTU, out.IP, out.Gateway = string(n.setup.Mode), a.Device, a.MTU, a.IP.String(), a.Gateway.String()
		if a.IP6.IsValid() {
			out.IP6 = a.IP6.String()
		}
		for _, p := range n.setup.Wish.Ports {
			ip := netip.IPv4Unspecified()
			if p.HostIP.IsValid() {
				ip = p.HostIP
			}
			out.Ports = append(out.Ports, state.Port{Protocol: p.Proto, HostIP: ip.String(), HostPort: p.HostPort, ContainerPort: p.ContainerPort})
		}
	case n.wish.Mode == network.Auto || n.wish.Mode == "":
		out.Mode = string(network.None)
	}
	if n.setup == nil && n.wish.Mode != network.Host && n.wish.Mode != network.Container {
		out.Servers = nil
	}
	if how := n.ended.Load(); how != nil {
		out.Ended = *how
	}
	return out
}

// watchNetwork tells when a helper ends before the container does. The command goes
// on without a network, and its exit status stays its own.
func (l *launch) watchNetwork() {
	n := &l.net
	if n.conn == nil {
		return
	}
	var once sync.Once
	n.conn.Watch(func(how string) {
		once.Do(func() {
			l.opt.Notice("the container has no network any more: " + how)
			n.ended.Store(&how)
			_ = l.record.change(func(r *state.Record) { r.Network.Ended = how }) // it is said above
		})
	})
}

// tapFailed tells whether a step that makes the network has failed.
func (l *launch) tapFailed(step int) bool {
	return l.net.setup != nil && step >= l.at.tap && step <= l.at.netns
}

// openNetwork lets everyone inside listen at ports below 1024 and send pings: the
// network is the container's own. The files below /proc/sys/net are those of who opens
// them. Where they cannot be written, as in a container of Docker's, it stays as it is.
func (l *launch) openNetwork(p *forkexec.Program) {
	if !l.owns(specs.NetworkNamespace) || !l.owns(specs.UserNamespace) || l.opt.Extra == nil && !l.bare {
		return
	}
	for _, s := range []struct{ name, why, value string }{
		{"net.ipv4.ip_unprivileged_port_start", "every port of its own network is the container's", "0"},
		{"net.ipv4.ping_group_range", "every group may send pings", groupRange(l.ids.GIDs)},
	} {
		if _, asked := l.spec.Linux.Sysctl[s.name]; asked || s.value == "" {
			continue
		}
		fd := p.Call(s.why, unix.SYS_OPENAT, unix.AT_FDCWD, "/proc/sys/"+strings.ReplaceAll(s.name, ".", "/"), unix.O_WRONLY|unix.O_CLOEXEC)
		p.Tolerate(fd, unix.ENOENT, unix.EACCES, unix.EROFS)
		p.Tolerate(p.Call("write sysctl "+s.name+"="+s.value, unix.SYS_WRITE, fd, []byte(s.value), len(s.value)), unix.EBADF)
		p.Tolerate(p.Call("done", unix.SYS_CLOSE, fd), unix.EBADF)
	}
}

// groupRange is all groups that exist inside (ping_group_range in ip_sysctl.rst); ""
// without any. The kernel compares them by the numbers that they have outside, where
// the caller's own comes first, which inside may be in the middle (--userns keep-id).
// It takes no group above 2^31-2.
func groupRange(maps []specs.LinuxIDMapping) string {
	if len(maps) == 0 {
		return ""
	}
	first, last := maps[0], maps[0]
	for _, m := range maps {
		if m.HostID < first.HostID {
			first = m
		}
		if m.HostID > last.HostID {
			last = m
		}
	}
	low, high := first.ContainerID, last.ContainerID+(last.Size-1)
	const most = 1<<31 - 2
	if high > most || high < low {
		return ""
	}
	return utoa(low) + " " + utoa(high)
}
