package container

import (
	"errors"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/state"
)

// interrupt ends the waiting for the driver.
func (n *networking) interrupt() {
	if a := n.abort.Load(); a != nil {
		a.Now()
	}
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
	connected := l.beside("the network driver starts")
	go func() {
		err := l.connectNetwork(c.Pid, stack, m.FD)
		connected()
		made <- err
	}()
	return nil
}

func (l *launch) connectNetwork(pid int, stack *network.Stack, tap int) (err error) {
	n, dir := &l.net, ""
	if n.setup.NeedsState() {
		dir, err = l.record.scratch()
	}
	if err == nil {
		n.conn, err = n.setup.Connect(pid, dir, stack, tap)
	} else {
		if stack != nil {
			stack.Stop(nil)
		}
		if tap >= 0 {
			unix.Close(tap)
		}
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

// drop ends the helpers. With wait it returns when they have ended: they are in urun's
// own cgroup, which may be a leaf that is to go.
func (n *networking) drop(wait bool) {
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
		if wait {
			n.conn.Wait()
		}
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
			l.notice("the container has no network any more: " + how)
			n.ended.Store(&how)
			_ = l.record.change(func(r *state.Record) { r.Network.Ended = how }) // it is said above
		})
	})
}
