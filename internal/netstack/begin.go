package netstack

import (
	"fmt"
	"net"
	"os"

	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	rootlesskit "github.com/rootless-containers/rootlesskit/v3/pkg/network"
	"github.com/rootless-containers/rootlesskit/v3/pkg/network/gvisortapvsock"

	"github.com/urun-project/urun/internal/network"
)

// begin starts the network and then the ports, which may need it.
func (c config) begin(tap *os.File, died chan<- error) error {
	var made *messages.ParentInitNetworkDriverCompleted
	driver, err := c.driver(tap, died)
	if err != nil {
		return err
	}
	if driver != nil {
		// What it gives back to clean up is this process, which ends.
		if made, _, err = driver.ConfigureNetwork(c.PID, c.StateDir, ""); err != nil {
			return err
		}
	}
	if c.Driver == network.StackRootlesskit {
		if err := c.beginNetworkChild(made, died); err != nil {
			return err
		}
	}
	switch {
	case len(c.Ports) == 0:
	case c.PortHandler == handlerBuiltin:
		return c.publishBuiltin(died)
	case c.Driver == network.StackTap:
		for _, p := range c.Ports {
			if err := made.Network.(*virtualNetwork).publish(p); err != nil {
				return notPublished(p, err)
			}
		}
	default:
		if err := c.publishThrough(made, died); err != nil {
			return err
		}
	}
	if !c.needsNamespaces() {
		seal()
	}
	return nil
}

// driver is nil for a network that is nothing of ours.
func (c config) driver(tap *os.File, died chan<- error) (rootlesskit.ParentDriver, error) {
	switch c.Driver {
	case network.StackTap:
		if err := isTap(tap); err != nil {
			return nil, err
		}
		return &tapDriver{config: c, tap: tap, died: died}, nil
	case network.StackRootlesskit:
		subnet := &net.IPNet{IP: c.Subnet.Addr().AsSlice(), Mask: net.CIDRMask(c.Subnet.Bits(), 32)}
		d, err := gvisortapvsock.NewParentDriver(os.Stderr, c.MTU, subnet, tapName, !c.HostLoopback, false)
		if err != nil {
			return nil, fmt.Errorf("use rootlesskit's gvisor driver: %w", err)
		}
		return d, nil
	}
	return nil, nil
}

const tapName = "tap0"
