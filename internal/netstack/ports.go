package netstack

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port"
	"github.com/rootless-containers/rootlesskit/v3/pkg/port/gvisortapvsock"
)

// publishThrough publishes with rootlesskit's driver for a virtual network, which goes with its own network only: every client
// comes from the gateway, and a port without an address is open at those of IPv6, too.
func (c config) publishThrough(network *messages.ParentInitNetworkDriverCompleted, died chan<- error) error {
	driver, err := gvisortapvsock.NewParentDriver(io.Discard, c.StateDir)
	if err != nil {
		return fmt.Errorf("use rootlesskit's port driver: %w", err)
	}
	virtual, ok := network.Network.(port.VirtualNetworkProvider)
	if !ok {
		return fmt.Errorf("use rootlesskit's port driver: %T is no network for it", network.Network)
	}
	where := &port.ChildContext{IP: net.ParseIP(network.IP), Network: virtual, GatewayIP: net.ParseIP(network.Gateway)}
	if err := run(driver, where, died); err != nil {
		return err
	}
	for _, p := range c.Ports {
		spec := port.Spec{Proto: p.Proto, ParentPort: int(p.HostPort), ChildPort: int(p.ContainerPort)}
		if p.HostIP.IsValid() {
			spec.ParentIP = p.HostIP.String()
			if p.HostIP.Is6() {
				spec.ParentIP = "[" + spec.ParentIP + "]" // the driver puts a colon and the port behind it
			}
		}
		if _, err := driver.AddPort(context.Background(), spec); err != nil {
			return notPublished(p, err)
		}
	}
	return nil
}

// run starts a port driver and returns when ports can be added to it.
func run(driver port.ParentDriver, where *port.ChildContext, died chan<- error) error {
	ready, failed := make(chan struct{}, 1), make(chan error, 1)
	go func() { failed <- driver.RunParentDriver(ready, nil, where) }()
	select {
	case <-ready:
	case err := <-failed:
		return fmt.Errorf("start the port driver: %w", err)
	}
	go func() { died <- fmt.Errorf("run the port driver: %w", <-failed) }()
	return nil
}
