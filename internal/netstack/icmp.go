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
	h := header.ICMPv4(message)
	h.SetChecksum(0)
	h.SetChecksum(^checksum.Checksum(message, 0))
	packet := make([]byte, header.IPv4MinimumSize+len(message))
	ip := ipHeader(packet, src, dst, header.ICMPv4ProtocolNumber)
	copy(ip.Payload(), message)
	peer := n.gate.peer.Load().(tcpip.LinkAddress)
	// A message that is lost is a message that is lost: ICMP promises nothing.
	_ = n.WritePacketToRemote(nic, peer, header.IPv4ProtocolNumber, buffer.MakeWithData(packet))
}

func ipHeader(packet []byte, src, dst netip.Addr, protocol tcpip.TransportProtocolNumber) header.IPv4 {
	ip := header.IPv4(packet)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(packet)), TTL: 64, Protocol: uint8(protocol), SrcAddr: address(src), DstAddr: address(dst),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	return ip
}

// refuse says that nobody listens for datagrams where the container sent one. Without that the sender waits for an answer
// until its own patience ends. The kernel finds the socket by the header of the datagram that is quoted.
func (n *virtualNetwork) refuse(id stack.TransportEndpointID) {
	inside, outside := addr(id.RemoteAddress), addr(id.LocalAddress)
	message := make([]byte, header.ICMPv4MinimumSize+header.IPv4MinimumSize+header.UDPMinimumSize)
	h := header.ICMPv4(message)
	h.SetType(header.ICMPv4DstUnreachable)
	h.SetCode(header.ICMPv4PortUnreachable)
	quoted := ipHeader(message[header.ICMPv4MinimumSize:], inside, outside, header.UDPProtocolNumber)
	header.UDP(quoted.Payload()).Encode(&header.UDPFields{SrcPort: id.RemotePort, DstPort: id.LocalPort, Length: header.UDPMinimumSize})
	n.sendICMP(outside, inside, message)
}
