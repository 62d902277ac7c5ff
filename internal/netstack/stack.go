package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
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
	reach reach
	gate  *gate
	flows flows
	tap   *os.File // kept, or the garbage collector closes it
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
	n.Stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	sack := tcpip.TCPSACKEnabled(true) // the device drops frames when its queue is full
	n.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	n.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(n.Stack, 0, maxDialing, n.serveTCP).HandlePacket)
	n.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(n.Stack, n.serveUDP).HandlePacket)
	subnet, err := tcpip.NewSubnet(address(r.subnet.Addr()), tcpip.MaskFromBytes(mask(r.subnet.Bits())))
	if err != nil {
		return nil, fmt.Errorf("use the subnet %s: %w", r.subnet, err)
	}
	n.SetRouteTable([]tcpip.Route{{Destination: subnet, NIC: nic}})
	if err := n.attach(); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *virtualNetwork) attach() error {
	if err := n.CreateNIC(nic, n.gate); err != nil {
		return errors.New("attach the tap device: " + err.String())
	}
	own := tcpip.ProtocolAddress{Protocol: header.IPv4ProtocolNumber, AddressWithPrefix: address(n.reach.gateway()).WithPrefix()}
	if err := n.AddProtocolAddress(nic, own, stack.AddressProperties{}); err != nil {
		return errors.New("set the gateway's address: " + err.String())
	}
	n.SetPromiscuousMode(nic, true) // takes what is for any address
	n.SetSpoofing(nic, true)        // and answers from it
	return nil
}

func address(a netip.Addr) tcpip.Address { return tcpip.AddrFrom4(a.As4()) }

func addr(a tcpip.Address) netip.Addr {
	ip, _ := netip.AddrFromSlice(a.AsSlice())
	return ip
}

func mask(bits int) []byte {
	m := ^uint32(0) << (32 - bits)
	return []byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}
}
