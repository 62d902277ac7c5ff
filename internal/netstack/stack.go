package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// nic is the only interface of the stack, the other end of the container's.
const nic = 1

// gatewayMAC is a locally administered address; the container has no other neighbour.
const gatewayMAC = tcpip.LinkAddress("\x5a\x75\x72\x75\x6e\x02")

// virtualNetwork is the container's gateway: a TCP/IP stack that takes every address of the world for its own, and makes
// of what arrives connections of the host's.
type virtualNetwork struct {
	*stack.Stack
	reach    reach
	gate     *gate
	flows    flows
	visitors flows        // apart, so that who comes from outside ends none of the container's own
	open     atomic.Int64 // TCP connections, either way
	tap      *os.File     // kept, or the garbage collector closes it
}

// newVirtualNetwork takes over the tap device. When that is gone, died gets to know.
func newVirtualNetwork(r reach, mtu int, tap *os.File, died chan<- error) (*virtualNetwork, error) {
	link, err := fdbased.New(&fdbased.Options{
		FDs: []int{int(tap.Fd())}, MTU: uint32(mtu), EthernetHeader: true, Address: gatewayMAC,
		// The frames come from this machine's memory; the kernel has made their checksums a moment ago.
		RXChecksumOffload:    true,
		ProcessorsPerChannel: 1,
		ClosedFunc: func(err tcpip.Error) {
			died <- fmt.Errorf("read from the tap device: %v", err)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("use the tap device: %w", err)
	}
	n := &virtualNetwork{reach: r, tap: tap}
	n.gate = newGate(link, n)
	options := stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	}
	if r.ipv6 {
		options.NetworkProtocols = append(options.NetworkProtocols, ipv6.NewProtocol)
		options.TransportProtocols = append(options.TransportProtocols, icmp.NewProtocol6)
	}
	n.Stack = stack.New(options)
	sack := tcpip.TCPSACKEnabled(true) // the device drops frames when its queue is full
	n.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	wait := tcpip.TCPTimeWaitTimeoutOption(timeWait)
	n.SetTransportProtocolOption(tcp.ProtocolNumber, &wait)
	n.SetTransportProtocolHandler(tcp.ProtocolNumber, n.takeSegments(tcp.NewForwarder(n.Stack, 0, maxDialing, n.serveTCP)))
	n.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(n.Stack, n.serveUDP).HandlePacket)
	if err := n.attach(); err != nil {
		return nil, err
	}
	return n, nil
}

// timeWait is how long the ports of a connection that has ended are not to be had, those of a client outside included. There is
// no way that a segment could be lost on for a minute.
const timeWait = 5 * time.Second

func (n *virtualNetwork) attach() error {
	if err := n.CreateNIC(nic, n.gate); err != nil {
		return errors.New("attach the tap device: " + err.String())
	}
	own := map[netip.Addr]netip.Prefix{n.reach.gateway(): n.reach.subnet}
	if n.reach.ipv6 {
		own[gateway6()] = subnet6()
	}
	var routes []tcpip.Route
	for gateway, subnet := range own {
		a := tcpip.ProtocolAddress{Protocol: protocol(gateway), AddressWithPrefix: address(gateway).WithPrefix()}
		if err := n.AddProtocolAddress(nic, a, stack.AddressProperties{}); err != nil {
			return errors.New("set the gateway's address: " + err.String())
		}
		to := tcpip.AddressWithPrefix{Address: address(subnet.Addr()), PrefixLen: subnet.Bits()}
		routes = append(routes, tcpip.Route{Destination: to.Subnet(), NIC: nic})
	}
	n.SetRouteTable(routes)
	n.SetPromiscuousMode(nic, true) // takes what is for any address
	n.SetSpoofing(nic, true)        // and answers from it
	return nil
}

func address(a netip.Addr) tcpip.Address { return tcpip.AddrFromSlice(a.AsSlice()) }

func addr(a tcpip.Address) netip.Addr {
	ip, _ := netip.AddrFromSlice(a.AsSlice())
	return ip
}

func protocol(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// place is where an endpoint of the stack is, or is to be.
func place(at netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nic, Addr: address(at.Addr()), Port: at.Port()}
}
