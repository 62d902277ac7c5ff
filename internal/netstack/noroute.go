package netstack

import (
	"net"
	"net/netip"
	"slices"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// takeSegments stands before the forwarder, which has a goroutine for each connection that is asked for, and no answer but a
// reset. Many a host has no IPv6, and a client with both kinds of address is to learn at once that the one leads nowhere.
func (n *virtualNetwork) takeSegments(f *tcp.Forwarder) func(stack.TransportEndpointID, *stack.PacketBuffer) bool {
	return func(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
		flags := header.TCP(pkt.TransportHeader().Slice()).Flags()
		if pkt.NetworkProtocolNumber == header.IPv6ProtocolNumber && flags&(header.TCPFlagSyn|header.TCPFlagAck) == header.TCPFlagSyn {
			if code, ok := n.noRoute(id); ok {
				// The whole header: the kernel inside compares the sequence number, too.
				n.unreachable6(id, code, slices.Concat(pkt.NetworkHeader().Slice(), pkt.TransportHeader().Slice()))
				return true
			}
		}
		return f.HandlePacket(id, pkt)
	}
}

// noRoute asks the kernel for its route, which connecting a datagram socket does and nothing else.
func (n *virtualNetwork) noRoute(id stack.TransportEndpointID) (header.ICMPv6Code, bool) {
	to, ok := n.reach.host(addr(id.LocalAddress))
	if !ok {
		return 0, false
	}
	c, err := net.DialUDP("udp6", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, id.LocalPort)))
	if err != nil {
		return unreachableCode(err)
	}
	c.Close()
	return 0, false
}

// unreachableCode is the one from which the kernel inside makes the error that the host's had.
func unreachableCode(err error) (header.ICMPv6Code, bool) {
	switch {
	case isErrno(err, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT):
		return header.ICMPv6NetworkUnreachable, true
	case isErrno(err, syscall.EHOSTUNREACH):
		return header.ICMPv6AddressUnreachable, true
	case isErrno(err, syscall.EACCES):
		return header.ICMPv6Prohibited, true
	}
	return 0, false
}

// unreachable6 answers for a packet that is quoted.
func (n *virtualNetwork) unreachable6(id stack.TransportEndpointID, code header.ICMPv6Code, quoted []byte) {
	h := header.ICMPv6(append(make([]byte, header.ICMPv6DstUnreachableMinimumSize), quoted...))
	h.SetType(header.ICMPv6DstUnreachable)
	h.SetCode(code)
	n.sendICMP(addr(id.LocalAddress), addr(id.RemoteAddress), h)
}

func quotedDatagram6(id stack.TransportEndpointID) []byte {
	packet := make([]byte, header.IPv6MinimumSize+header.UDPMinimumSize)
	ip := ip6Header(packet, addr(id.RemoteAddress), addr(id.LocalAddress), header.UDPProtocolNumber)
	header.UDP(ip.Payload()).Encode(datagramOf(id))
	return packet
}
