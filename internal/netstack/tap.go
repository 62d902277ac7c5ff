package netstack

import (
	"context"
	"net"
	"os"

	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	rootlesskit "github.com/rootless-containers/rootlesskit/v3/pkg/network"
)

// tapDriver is a driver as rootlesskit's are, for a tap device that is configured and open already.
type tapDriver struct {
	config
	tap  *os.File
	died chan<- error
}

var _ rootlesskit.ParentDriver = (*tapDriver)(nil)

// MTU is that of the device.
func (d *tapDriver) MTU() int { return d.config.MTU }

func (d *tapDriver) reach() reach {
	return reach{subnet: d.Subnet, ipv6: d.IPv6, hostLoopback: d.HostLoopback}
}

// Info is for rootlesskit's port drivers and its API.
func (d *tapDriver) Info(context.Context) (*api.NetworkDriverInfo, error) {
	r := d.reach()
	return &api.NetworkDriverInfo{
		Driver: gvisorName, DNS: []net.IP{r.gateway().AsSlice()}, ChildIP: r.container().AsSlice(),
	}, nil
}

const gvisorName = "gvisor"

// ConfigureNetwork starts the stack; the namespace was configured by who opened the device.
func (d *tapDriver) ConfigureNetwork(int, string, string) (*messages.ParentInitNetworkDriverCompleted, func() error, error) {
	r := d.reach()
	n, err := newVirtualNetwork(r, d.config.MTU, d.tap, d.died)
	if err != nil {
		return nil, nil, err
	}
	if err := n.serveDNS(defaultResolver()); err != nil {
		return nil, nil, err
	}
	close(n.gate.open)
	return &messages.ParentInitNetworkDriverCompleted{
		Network: n, Dev: tapName, IP: r.container().String(), Netmask: d.Subnet.Bits(), Gateway: r.gateway().String(),
		DNS: []string{r.gateway().String()}, MTU: d.config.MTU,
	}, d.tap.Close, nil
}
