package netstack

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/containers/gvisor-tap-vsock/pkg/services/forwarder"
	"github.com/rootless-containers/rootlesskit/v3/pkg/api"
	"github.com/rootless-containers/rootlesskit/v3/pkg/messages"
	rootlesskit "github.com/rootless-containers/rootlesskit/v3/pkg/network"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
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

func (d *tapDriver) reach() reach { return reach{subnet: d.Subnet, hostLoopback: d.HostLoopback} }

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
	return &messages.ParentInitNetworkDriverCompleted{
		Network: n, Dev: tapName, IP: r.container().String(), Netmask: d.Subnet.Bits(), Gateway: r.gateway().String(),
		DNS: []string{r.gateway().String()}, MTU: d.config.MTU,
	}, d.tap.Close, nil
}

// Mux is where rootlesskit's port driver asks for UDP ports. Nobody but this process can ask there.
func (n *virtualNetwork) Mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/services/forwarder/", http.StripPrefix("/services/forwarder", forwarder.NewPortsForwarder(n.Stack).Mux()))
	return mux
}

// DialContextTCP connects to the container, as rootlesskit's port driver does for each connection to a TCP port.
func (n *virtualNetwork) DialContextTCP(ctx context.Context, to string) (net.Conn, error) {
	a, err := netip.ParseAddrPort(to)
	if err != nil {
		return nil, err
	}
	return gonet.DialContextTCP(ctx, n.Stack, tcpip.FullAddress{NIC: nic, Addr: address(a.Addr()), Port: a.Port()}, header.IPv4ProtocolNumber)
}
