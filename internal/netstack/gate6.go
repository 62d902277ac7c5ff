package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// take6 takes what the stack would answer as everybody: pings and questions for neighbours. It takes, too, what has a header
// that only routers and the stack itself would read; the host's sockets could not pass that on.
func (g *gate) take6(pkt *stack.PacketBuffer) bool {
	view, ok := pkt.Data().PullUp(header.IPv6MinimumSize)
	if !ok {
		return true
	}
	switch header.IPv6(view).TransportProtocol() {
	case header.TCPProtocolNumber, header.UDPProtocolNumber:
		return false
	case header.ICMPv6ProtocolNumber:
		return g.takeICMP6(pkt)
	case tcpip.TransportProtocolNumber(header.IPv6FragmentExtHdrIdentifier):
		view, ok := pkt.Data().PullUp(header.IPv6MinimumSize + 1)
		return !ok || tcpip.TransportProtocolNumber(view[header.IPv6MinimumSize]) != header.UDPProtocolNumber
	}
	return true
}

// takeICMP6 leaves to the stack what is for the gateway, how to reach the gateway, and how to reach the container.
func (g *gate) takeICMP6(pkt *stack.PacketBuffer) bool {
	whole := pkt.Data().AsRange().ToSlice()
	ip := header.IPv6(whole)
	if !ip.IsValid(len(whole)) || len(ip.Payload()) < header.ICMPv6MinimumSize {
		return true
	}
	src, dst := addr(ip.SourceAddress()), addr(ip.DestinationAddress())
	switch message := header.ICMPv6(ip.Payload()); message.Type() {
	case header.ICMPv6NeighborSolicit:
		ask := message.MessageBody()
		return len(ask) < header.NDPNSMinimumSize || addr(header.NDPNeighborSolicit(ask).TargetAddress()) != gateway6()
	case header.ICMPv6NeighborAdvert:
		return false
	case header.ICMPv6EchoRequest:
		if dst != gateway6() {
			g.ping(src, dst, message)
			return true
		}
		return false
	}
	return dst != gateway6()
}
