package netstack

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// sendICMP sends a message to the container as if src had. It makes the checksum.
func (n *virtualNetwork) sendICMP(src, dst netip.Addr, message []byte) {
	var packet []byte
	if src.Is4() {
		h := header.ICMPv4(message)
		h.SetChecksum(0)
		h.SetChecksum(^checksum.Checksum(message, 0))
		packet = make([]byte, header.IPv4MinimumSize+len(message))
		copy(ipHeader(packet, src, dst, header.ICMPv4ProtocolNumber).Payload(), message)
	} else {
		h := header.ICMPv6(message)
		h.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: h, Src: address(src), Dst: address(dst)}))
		packet = make([]byte, header.IPv6MinimumSize+len(message))
		copy(ip6Header(packet, src, dst, header.ICMPv6ProtocolNumber).Payload(), message)
	}
	peer := n.gate.peer.Load().(tcpip.LinkAddress)
	// A message that is lost is a message that is lost: ICMP promises nothing.
	_ = n.WritePacketToRemote(nic, peer, protocol(src), buffer.MakeWithData(packet))
}

func ipHeader(packet []byte, src, dst netip.Addr, protocol tcpip.TransportProtocolNumber) header.IPv4 {
	ip := header.IPv4(packet)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(packet)), TTL: 64, Protocol: uint8(protocol), SrcAddr: address(src), DstAddr: address(dst),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	return ip
}

func ip6Header(packet []byte, src, dst netip.Addr, protocol tcpip.TransportProtocolNumber) header.IPv6 {
	ip := header.IPv6(packet)
	ip.Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(packet) - header.IPv6MinimumSize), HopLimit: 64, TransportProtocol: protocol,
		SrcAddr: address(src), DstAddr: address(dst),
	})
	return ip
}

// refuse says that nobody listens for datagrams where the container sent one. Without that the sender waits for an answer
// until its own patience ends. The kernel finds the socket by the header of the datagram that is quoted.
func (n *virtualNetwork) refuse(id stack.TransportEndpointID) {
	inside, outside := addr(id.RemoteAddress), addr(id.LocalAddress)
	if outside.Is6() {
		n.unreachable6(id, header.ICMPv6PortUnreachable, quotedDatagram6(id))
		return
	}
	message := make([]byte, header.ICMPv4MinimumSize+header.IPv4MinimumSize+header.UDPMinimumSize)
	h := header.ICMPv4(message)
	h.SetType(header.ICMPv4DstUnreachable)
	h.SetCode(header.ICMPv4PortUnreachable)
	quoted := ipHeader(message[header.ICMPv4MinimumSize:], inside, outside, header.UDPProtocolNumber)
	header.UDP(quoted.Payload()).Encode(datagramOf(id))
	n.sendICMP(outside, inside, message)
}

func datagramOf(id stack.TransportEndpointID) *header.UDPFields {
	return &header.UDPFields{SrcPort: id.RemotePort, DstPort: id.LocalPort, Length: header.UDPMinimumSize}
}
